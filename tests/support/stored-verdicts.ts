/** Whether the verdicts that are stored, or kept beside what two people have decided, are those of the rules, judged from all votes of a window at once. */
import { expect } from 'vitest';
import { DEFAULT_RULES, type RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import { verdictsOf } from '../../gateway/domain/verdicts/verdicts-of.ts';
import { CHANNELS } from '../../protocol/channel.ts';
import { VERDICTS } from '../../protocol/verdict.ts';
import { CLOCKS } from '../../protocol/vote.ts';
import { rulesOf } from './live-verdicts.ts';
import { readFile } from './read-file.ts';
import { verdictsByHand } from './verdicts-by-hand.ts';
import { until } from './wait.ts';

type Row = {
  windowKey: number;
  terminalKey: number;
  journalKey: number;
  seq: number;
  rating: 0 | 1 | 2;
  at: number;
  clock: number;
  channel: number;
  boot: string;
  mono: number;
  isPlaced: 0 | 1;
  verdict: number;
};

/** Do the default rules hold for a whole project of tests? */
export const areRulesOn = (): boolean => process.env.MANYI_FIRST_RULES === 'default';

/** Until nothing waits to be judged by what is stored. */
export async function untilJudged(dataDir: string): Promise<void> {
  await untilNoneWaits(() =>
    readFile(dataDir, (db) => db.prepare('SELECT count(*) FROM unjudged').pluck().get()),
  );
}

export async function untilNoneWaits(waiting: () => unknown): Promise<void> {
  await until('all votes to be judged', async () => (await waiting()) === 0, {
    timeoutMs: 60_000,
    everyMs: 100,
  });
}

function storedRows(dataDir: string): Row[] {
  return readFile(
    dataDir,
    (db) =>
      db
        .prepare(
          `SELECT v.window_key AS windowKey, s.terminal_key AS terminalKey, v.source_key AS journalKey, v.seq, v.rating, v.at, v.clock,
             v.channel, b.boot, v.mono, d.seq IS NOT NULL AS isPlaced, coalesce(r.by_rules, v.verdict) AS verdict
           FROM votes v JOIN sources s ON s.key = v.source_key JOIN boots b ON b.key = v.boot_key
           LEFT JOIN datings d ON d.source_key = v.source_key AND d.seq = v.seq
           LEFT JOIN decided_votes r ON r.source_key = v.source_key AND r.seq = v.seq`,
        )
        .all() as Row[],
  );
}

const deviceOf = ({ channel, terminalKey }: Row) =>
  ['button', 'touch'].includes(CHANNELS[channel] ?? '') ? terminalKey : null;
const isTimed = ({ clock, isPlaced }: Row) => CLOCKS[clock] !== 'estimated' && isPlaced === 0;

/** Of the default rules, which held all the while: by arithmetic of the tests' own. @returns how many votes there are, and how many of them count */
export function expectVerdictsByHand(dataDir: string): { raw: number; counted: number } {
  const rows = storedRows(dataDir);
  for (const windowKey of new Set(rows.map((row) => row.windowKey))) {
    const of = rows.filter((row) => row.windowKey === windowKey);
    const byHand = verdictsByHand(
      of.map((row) => ({
        ...{
          source: row.journalKey,
          seq: row.seq,
          rating: row.rating,
          at: row.at,
          boot: row.boot,
          mono: row.mono,
        },
        ...{ device: deviceOf(row), isTimed: isTimed(row) },
      })),
    );
    const named = (words: readonly (string | undefined)[]) =>
      of.map(({ journalKey, seq }, index) => `${journalKey}/${seq} ${words[index]}`);
    expect(named(of.map(({ verdict }) => VERDICTS[verdict])), `verdicts of window ${windowKey}`).toEqual(
      named(byHand),
    );
  }
  return { raw: rows.length, counted: rows.filter(({ verdict }) => verdict === 0).length };
}

/** @param settings of the rules that held all the while */
export function expectVerdictsOfRules(dataDir: string, settings: RuleSettings = DEFAULT_RULES): void {
  const rows = storedRows(dataDir);
  const rules = rulesOf(settings);
  for (const windowKey of new Set(rows.map((row) => row.windowKey))) {
    const of = rows.filter((row) => row.windowKey === windowKey);
    const judged = verdictsOf(
      of.map((row) => ({
        ...{ sourceKey: row.journalKey, seq: row.seq, rating: row.rating, at: row.at },
        ...{ boot: row.boot, mono: row.mono, heldMs: null, isTest: false, isImputed: false },
        isTimed: isTimed(row),
        device: deviceOf(row),
      })),
      rules,
    );
    const stored = of.map(({ journalKey, seq, verdict }) => `${journalKey}/${seq} ${VERDICTS[verdict]}`);
    const told = of.map(({ journalKey, seq }, index) => `${journalKey}/${seq} ${judged[index]?.code}`);
    expect(stored, `verdicts of window ${windowKey}`).toEqual(told);
  }
}
