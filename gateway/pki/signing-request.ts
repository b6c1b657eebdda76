/** A terminal's signing request (PKCS #10, RFC 2986). Of all it says, only the public key is used. */
import { x509 } from './x509.ts';

/** `csr-invalid`: no request, not signed with its own key, or not of an ECDSA P-256 key. */
export class SigningRefusal extends Error {
  readonly code = 'csr-invalid';
  constructor(message: string) {
    super(message);
    this.name = 'SigningRefusal';
  }
}

export async function readSigningRequest(csr: string): Promise<InstanceType<typeof x509.PublicKey>> {
  let request: InstanceType<typeof x509.Pkcs10CertificateRequest>;
  let proven = false;
  try {
    request = new x509.Pkcs10CertificateRequest(csr);
    proven = await request.verify();
  } catch {
    throw new SigningRefusal('this is no signing request (PKCS #10, PEM)');
  }
  const { name, namedCurve } = request.publicKey.algorithm as { name?: string; namedCurve?: string };
  if (name !== 'ECDSA' || namedCurve !== 'P-256')
    throw new SigningRefusal('the key of a signing request must be ECDSA P-256');
  // Proof of possession: nobody gets a certificate for a key that is not theirs.
  if (!proven) throw new SigningRefusal('the signing request is not signed with its own key');
  return request.publicKey;
}
