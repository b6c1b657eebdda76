/**
 * aedes buffers a packet whole before it looks at it, whatever its size and before anyone has signed in. This walks the
 * fixed headers (MQTT 3.1.1, 2.2) of what is read from a socket, so that the socket can be cut as soon as one announces
 * more than the limit. It reads a few bytes a packet and copies nothing.
 */
export type HeaderWalk = {
  /** The next bytes of the stream. @returns false once a packet is too large or its length malformed. */
  take(chunk: Buffer): boolean;
  /** The stream so far ends at the end of a packet. */
  between(): boolean;
  /** Everything so far but PUBLISH, in packets of 16 bytes: what such a packet costs grows with its size. */
  controls(): number;
};

const PUBLISH = 3;

export function createHeaderWalk(maxBytes: number): HeaderWalk {
  let bodyLeft = 0;
  let inHeader = false;
  let length = 0;
  let shift = 0;
  let type = 0;
  let controls = 0;
  return {
    controls: () => controls,
    between: () => bodyLeft === 0 && !inHeader,
    take(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (bodyLeft > 0) {
          const step = Math.min(bodyLeft, chunk.length - at);
          bodyLeft -= step;
          at += step;
          continue;
        }
        const byte = chunk[at++] as number;
        if (!inHeader) {
          inHeader = true;
          type = byte >> 4;
          length = 0;
          shift = 0;
          continue;
        }
        // Remaining length: seven bits a byte, four bytes at the most (2.2.3).
        length += (byte & 0x7f) << shift;
        shift += 7;
        if (length > maxBytes) return false;
        if ((byte & 0x80) === 0) {
          bodyLeft = length;
          inHeader = false;
          if (type !== PUBLISH) controls += 1 + (length >> 4);
        } else if (shift >= 28) return false;
      }
      return true;
    },
  };
}

/**
 * Packets other than PUBLISH in a stretch of time. A terminal sends a few a second; nothing holds them back as a commit does
 * with votes, so a flood of them would keep the process from everyone else.
 */
const MAX_CONTROLS = 1_000;
const CONTROLS_WITHIN_MS = 10_000;

/** @returns whether there have been too many of late; to be asked after every chunk. */
export function createFloodWatch(walk: HeaderWalk): () => boolean {
  let counted = { controls: 0, since: performance.now() };
  return () => {
    if (walk.controls() - counted.controls <= MAX_CONTROLS) return false;
    const { since } = counted;
    counted = { controls: walk.controls(), since: performance.now() };
    return counted.since - since < CONTROLS_WITHIN_MS;
  };
}
