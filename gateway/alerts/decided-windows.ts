/**
 * Which windows people have decided about since it was last asked, in whichever process. Decisions are counted, and each has a line in the
 * audit of the same transaction: where the lines account for the count, they say which windows; where they do not (an import, a repair, a
 * gateway of before), it may have been any.
 */
import { windowsDecided } from '../domain/decided-lines.ts';
import type { AuditStore } from '../store/audit.ts';
import type { Upkeep } from '../store/upkeep.ts';

export type DecidedWindows = {
  /** Cheap where nobody has decided anything. @returns ids of windows. @throws StoreFailure, and the next call tells it */
  follow(): Promise<readonly string[] | 'any'>;
};

export type DecidedWindowsDeps = {
  upkeep: Pick<Upkeep, 'decisions'>;
  audit: Pick<AuditStore, 'entries' | 'head'>;
};

const LINES_AT_ONCE = 100;
/** Of a gateway that was away: what is further back is not looked for. */
const MOST_LINES = 2_000;
/** While people go on deciding. */
const TRIES = 3;

/** @throws StoreFailure */
export async function followDecidedWindows({ upkeep, audit }: DecidedWindowsDeps): Promise<DecidedWindows> {
  /** Of one moment: with no decision between the two, what was read in between is of all that are counted. */
  const asOfOneCount = async <T>(read: (decisions: number) => Promise<T>) => {
    for (let tries = 1; ; tries++) {
      const decisions = await upkeep.decisions();
      const found = await read(decisions);
      if ((await upkeep.decisions()) === decisions) return { decisions, found };
      if (tries === TRIES) return { decisions, found: null };
    }
  };
  const headNow = async () => (await audit.head())?.seq ?? 0;
  const begun = await asOfOneCount(headNow);
  // What is decided while it begins, and is told at the first call, is any.
  let known = { decisions: begun.decisions, line: begun.found };

  /** @returns null where the lines do not account for them */
  const linesSince = async (decided: number, line: number): Promise<Set<string> | null> => {
    const windows = new Set<string>();
    let left = decided;
    let before = Number.MAX_SAFE_INTEGER;
    for (let read = 0; read < MOST_LINES; read += LINES_AT_ONCE) {
      const lines = await audit.entries({ before, limit: LINES_AT_ONCE });
      for (const one of lines) {
        if (one.seq <= line) return null;
        const told = windowsDecided(one);
        if (told === null) continue;
        for (const id of told) windows.add(id);
        left -= 1;
        if (left === 0) return windows;
      }
      const last = lines.at(-1);
      if (!last) return null;
      before = last.seq;
    }
    return null;
  };

  return {
    async follow() {
      if ((await upkeep.decisions()) === known.decisions) return [];
      const { line } = known;
      const { decisions, found } = await asOfOneCount(async (decided) => ({
        windows: line === null ? null : await linesSince(decided - known.decisions, line),
        line: await headNow(),
      }));
      known = { decisions, line: found?.line ?? null };
      return found?.windows ? [...found.windows] : 'any';
    },
  };
}
