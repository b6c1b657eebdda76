/** What comes compressed (the snapshot, in a binary frame) is unpacked, which takes a moment; what comes after it waits. */

/** Chromium 80, Safari 16.4, Firefox 113. Without it, the gateway sends text. */
export const canUnpack = typeof DecompressionStream === 'function';

/** @param data of a message: text, or an ArrayBuffer of gzip. */
export type Unpacker = { take(data: unknown): void };

async function gunzip(packed: ArrayBuffer): Promise<string> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}

/** `give` gets the texts, in the order in which they came; `fail`, what cannot be unpacked. */
export function createUnpacker(give: (text: string) => void, fail: () => void, unpack = gunzip): Unpacker {
  const waiting: unknown[] = [];
  let busy = false;
  const take = (data: unknown) => {
    if (busy) waiting.push(data);
    else if (typeof data === 'string') give(data);
    else {
      busy = true;
      void unpack(data as ArrayBuffer)
        .then(give, fail)
        .then(() => {
          busy = false;
          for (const next of waiting.splice(0)) take(next);
        });
    }
  };
  return { take };
}
