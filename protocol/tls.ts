/**
 * What both of the gateway's ports speak: TLS 1.3, or 1.2 with forward secrecy and authenticated encryption (RFC 9325, 4.2). CBC
 * suites are not offered; every client of the last ten years has one of these.
 */
export const TLS_RULES = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    ...['ECDSA', 'RSA'].flatMap((key) => [
      `ECDHE-${key}-AES128-GCM-SHA256`,
      `ECDHE-${key}-AES256-GCM-SHA384`,
      `ECDHE-${key}-CHACHA20-POLY1305`,
    ]),
  ].join(':'),
} as const;
