/**
 * Ids that come again and again (a journal's epoch, a boot). Nearly every one has been read before and is known by its bytes: making
 * text of it, holding that against its pattern and hashing it costs several times as much, for every vote.
 */

/** Of a whole city most have one for themselves; ids that share one are made again each time. */
const SLOTS = 8_192;
const QUOTE = 0x22;

export type RepeatedIds = {
  /** What stands from `begin` on, before a quote; null when that is no id. */
  read(bytes: Buffer, begin: number): string | null;
};

/** @param isId of text of at most `maxLength` characters, each of one byte; they need no escape in JSON */
export function createRepeatedIds(maxLength: number, isId: (text: string) => boolean): RepeatedIds {
  const texts = new Array<string>(SLOTS).fill('');
  const known = new Uint8Array(SLOTS * maxLength);

  const readAnew = (bytes: Buffer, begin: number, slot: number): string | null => {
    const length = bytes.subarray(begin, begin + maxLength + 1).indexOf(QUOTE);
    const text = length < 0 ? '' : bytes.toString('latin1', begin, begin + length);
    if (!isId(text)) return null;
    texts[slot] = text;
    known.set(bytes.subarray(begin, begin + length), slot * maxLength);
    return text;
  };

  return {
    read(bytes, begin) {
      const slot = slotOf(bytes, begin);
      const text = texts[slot] as string;
      const first = slot * maxLength;
      for (let of = 0; of < text.length; of++)
        if (known[first + of] !== bytes[begin + of]) return readAnew(bytes, begin, slot);
      return text.length > 0 && bytes[begin + text.length] === QUOTE ? text : readAnew(bytes, begin, slot);
    },
  };
}

/** They are random from their first character on. */
function slotOf(bytes: Buffer, begin: number): number {
  let slot = 0;
  for (let of = 0; of < 4; of++) slot = (slot * 33 + (bytes[begin + of] ?? 0)) | 0;
  return slot & (SLOTS - 1);
}
