/**
 * LISTEN and NOTIFY on one connection of its own. Notices are numbered a gateway, so that whoever misses one notices it; one's own come
 * back, which proves that the line works in both directions.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { StoreFailure } from '../failures.ts';
import { createNoticeSignature, SIGNATURE_CHARS } from './notice-signature.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';

const CHANNEL = 'manyi';
/** No notice waits for a disk: what it tells of is stored already, or not worth one. NOTIFY in a vote's own transaction would put all commits in one row. */
const PREPARE = `SET synchronous_commit = off; LISTEN ${CHANNEL}`;
const NOTIFY = {
  name: 'notify',
  text: `SELECT pg_notify('${CHANNEL}', told) FROM unnest($1::text[]) AS told`,
};
/** PostgreSQL takes fewer than 8,000 bytes. */
const MAX_NOTICE_BYTES = 7_900;
const MAX_ITEMS_BYTES = MAX_NOTICE_BYTES - SIGNATURE_CHARS - 100;
/** The first after a quiet time goes at once. */
const FLUSH_MS = 100;
/** So often something is told, if only that there is nothing. */
export const BEAT_MS = 1_000;
/** One's own notice is back by then, or the line is dead. */
const ECHO_MS = 5_000;
const REOPEN_MS = 250;
/** Each start of a gateway is another one. */
const MAX_KNOWN = 1_000;

const noticeSchema = Compile(
  Type.Object({
    g: Type.String({ maxLength: 64 }),
    n: Type.Integer({ minimum: 1 }),
    w: Type.Array(Type.Unknown()),
  }),
);

export type NoticeListener = {
  /** What one gateway has told, in its order; one's own, too. */
  heard(from: string, items: readonly unknown[]): void;
  missed(): void;
  /** It is no notice of a gateway. */
  nonsense(): void;
};

export type Notices = {
  /** @throws StoreFailure */
  join(instance: string, listener: NoticeListener): Promise<void>;
  /** @param item as JSON, in a few thousand bytes */
  tell(item: unknown): void;
  /** As if a notice had been lost: everybody else reads again. */
  skip(): void;
  leave(): Promise<void>;
};

/** @param auditKey what all gateways have in common; asked for when one joins */
export function createNotices(link: SessionOptions, auditKey: () => Buffer | null): Notices {
  let signature = createNoticeSignature(null);
  let own = '';
  let listener: NoticeListener | null = null;
  let session: Session | null = null;
  let hasLeft = false;
  /** Serialised, oldest first. */
  let waiting: string[] = [];
  let number = 0;
  let lastFlushAt = Number.NEGATIVE_INFINITY;
  let lastEchoAt = 0;
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> | null = null;
  let reopening: Promise<void> | null = null;
  /** The last number of each gateway that was heard. */
  const numbers = new Map<string, number>();

  const take = (payload: string) => {
    const notice = parse(signature.open(payload));
    if (notice === null) return listener?.nonsense();
    const { g: from, n, w: items } = notice;
    const last = numbers.get(from);
    // It came twice, or late: it was missed then, and that is told already.
    if (last !== undefined && n <= last) return;
    numbers.set(from, n);
    if (numbers.size > MAX_KNOWN) numbers.delete(numbers.keys().next().value as string);
    if (from === own) lastEchoAt = performance.now();
    // One's own gaps are made for the others.
    else if (last !== undefined && n !== last + 1) listener?.missed();
    listener?.heard(from, items);
  };

  const open = async () => {
    let opened: Session | null = null;
    // One that has never opened is told by what it throws.
    const ended = () => opened !== null && lost(opened);
    opened = await openSession({ ...link, heard: take, ended }, null);
    try {
      await opened.query({ text: PREPARE });
    } catch (error) {
      await opened.close();
      throw error;
    }
    lastEchoAt = performance.now();
    lastFlushAt = Number.NEGATIVE_INFINITY;
    session = opened;
  };

  const lost = (ended: Session) => {
    if (session !== ended) return;
    session = null;
    reopening ??= reopen().finally(() => {
      reopening = null;
    });
  };

  const reopen = async () => {
    while (!hasLeft && session === null) {
      try {
        await open();
      } catch {
        // What is wrong with the database is said by those who store something in it.
        await sleep(REOPEN_MS);
      }
    }
    if (hasLeft) return;
    numbers.clear();
    listener?.missed();
    schedule();
  };

  const flush = async (used: Session) => {
    lastFlushAt = performance.now();
    const notices = packed(waiting).map((items) =>
      signature.sign(`{"g":"${own}","n":${++number},"w":[${items}]}`),
    );
    waiting = [];
    try {
      if (lastFlushAt - lastEchoAt > ECHO_MS)
        throw new StoreFailure('database-timeout', 'notices do not come back');
      const late = setTimeout(() => used.destroy(new StoreFailure('database-timeout', 'no answer')), ECHO_MS);
      try {
        await used.query({ ...NOTIFY, values: [notices] });
      } finally {
        clearTimeout(late);
      }
    } catch (error) {
      // Told to nobody: its numbers are missing, and the others notice.
      used.destroy(error as StoreFailure);
    }
  };

  const schedule = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const used = session;
    if (used === null || flushing !== null || hasLeft) return;
    const dueAt = lastFlushAt + (waiting.length > 0 ? FLUSH_MS : BEAT_MS);
    timer = setTimeout(
      () => {
        flushing = flush(used).finally(() => {
          flushing = null;
          schedule();
        });
      },
      Math.max(0, dueAt - performance.now()),
    );
  };

  return {
    async join(instance, heard) {
      own = instance;
      signature = createNoticeSignature(auditKey());
      await open();
      listener = heard;
      schedule();
    },
    tell(item) {
      if (listener === null || hasLeft) return;
      // While there is no line nothing is kept: the others notice, and ask.
      if (session === null) number += 1;
      else if (waiting.push(JSON.stringify(item)) === 1) schedule();
    },
    skip() {
      number += 1;
    },
    async leave() {
      if (listener === null || hasLeft) return;
      hasLeft = true;
      if (timer !== null) clearTimeout(timer);
      await flushing;
      // Also when there is nothing more to tell: by its number the others notice what was not told.
      if (session !== null) await flush(session);
      await reopening;
      await session?.close();
    },
  };
}

function parse(body: string | null): { g: string; n: number; w: unknown[] } | null {
  if (body === null) return null;
  try {
    const value: unknown = JSON.parse(body);
    return noticeSchema.Check(value) ? value : null;
  } catch {
    return null;
  }
}

/** As many together as one notice holds; an empty one when there is nothing. */
function packed(items: readonly string[]): string[] {
  const packs: string[] = [];
  let pack = '';
  for (const item of items) {
    if (pack !== '' && Buffer.byteLength(pack) + Buffer.byteLength(item) + 1 > MAX_ITEMS_BYTES) {
      packs.push(pack);
      pack = '';
    }
    pack = pack === '' ? item : `${pack},${item}`;
  }
  return [...packs, pack];
}
