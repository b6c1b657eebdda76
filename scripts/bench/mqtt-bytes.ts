/** Just enough MQTT 3.1.1 to load a broker: CONNECT, PUBLISH with QoS 1, and what a PUBACK looks like. */
export const PUBACK_HEADER = 0x40;
export const PUBACK_BYTES = 4;

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function remainingLength(length: number): number[] {
  const bytes: number[] = [];
  for (let left = length; ; ) {
    const digit = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? digit | 0x80 : digit);
    if (left === 0) return bytes;
  }
}

/** Clean session, keepalive 60 s, client id = user name (3.1). */
export function encodeConnect(id: string, password: string): Buffer {
  const body = Buffer.concat([
    text('MQTT'),
    Buffer.from([4, 0b1100_0010, 0, 60]),
    text(id),
    text(id),
    text(password),
  ]);
  return Buffer.concat([Buffer.from([0x10, ...remainingLength(body.length)]), body]);
}

/** QoS 1 (3.3). */
export function encodePublish(topic: string, payload: string, packetId: number): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const payloadBytes = Buffer.byteLength(payload);
  const length = remainingLength(2 + topicBytes + 2 + payloadBytes);
  const packet = Buffer.allocUnsafe(1 + length.length + 2 + topicBytes + 2 + payloadBytes);
  packet[0] = 0x32;
  let at = 1;
  for (const byte of length) packet[at++] = byte;
  at = packet.writeUInt16BE(topicBytes, at);
  at += packet.write(topic, at, 'latin1');
  at = packet.writeUInt16BE(packetId, at);
  packet.write(payload, at, 'latin1');
  return packet;
}
