/** A browser at the terminals' port. It gets a sentence, over TLS and without, instead of an end that explains nothing. */
import type { Socket } from 'node:net';

const BODY = `这是评价终端连接的端口（MQTT over TLS），不是网页。网页在 MANYI_HTTP_PORT 指定的端口，默认 8080。
This is the port for terminals (MQTT over TLS). The pages are at the web port: MANYI_HTTP_PORT, 8080 unless set.
`;
const ANSWER = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\nConnection: close\r\n\r\n${BODY}`;

/** Of the first bytes of a connection: methods are in capitals (RFC 9110, 9.1); TLS begins with 0x16, a CONNECT of MQTT with 0x10. */
export function isHttp(first: Buffer): boolean {
  const byte = first[0] ?? 0;
  return byte >= 0x41 && byte <= 0x5a;
}

export function answerHttp(socket: Socket): void {
  socket.end(ANSWER, () => socket.destroy());
}
