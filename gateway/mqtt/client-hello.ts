/** What a ClientHello (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2) says of a session that it would go on with. */

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
/** Record and handshake headers, version and random. */
const FIXED_BYTES = 5 + 4 + 2 + 32;
/** TLS 1.2 has the ticket in the one (RFC 5077, 3.2), TLS 1.3 as the first identity of the other (RFC 8446, 4.2.11). */
const [SESSION_TICKET, PRE_SHARED_KEY] = [35, 41];
/** Of a ticket: the name of the key that it is sealed with (RFC 5077, 4). */
const NAME_BYTES = 16;

/** @returns the name of that key, hexadecimal; null where there is no ticket, or not all of it has come. */
export function ticketKeyNameIn(hello: Buffer): string | null {
  try {
    if (hello[0] !== HANDSHAKE || hello[5] !== CLIENT_HELLO) return null;
    let at = FIXED_BYTES;
    at += 1 + hello.readUInt8(at);
    at += 2 + hello.readUInt16BE(at);
    at += 1 + hello.readUInt8(at);
    const end = at + 2 + hello.readUInt16BE(at);
    for (at += 2; at < end; ) {
      const [kind, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)];
      at += 4;
      if (kind === SESSION_TICKET && length >= NAME_BYTES) return nameAt(hello, at);
      // Behind the lengths of all identities and of this one.
      if (kind === PRE_SHARED_KEY && length >= 4 + NAME_BYTES) return nameAt(hello, at + 4);
      at += length;
    }
  } catch (error) {
    // It ends in the middle.
    if (!(error instanceof RangeError)) throw error;
  }
  return null;
}

function nameAt(hello: Buffer, at: number): string | null {
  return hello.length < at + NAME_BYTES ? null : hello.toString('hex', at, at + NAME_BYTES);
}
