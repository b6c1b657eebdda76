/** What a recount asks, in SQL that both databases understand, with its numbers in it: a cursor takes no parameter. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { PressTimes, StoredRules, StoredVote, WindowParts } from '../recount.ts';

export type VoteRow = Omit<StoredVote, 'isPlaced' | 'isImputed'> & { isPlaced: 0 | 1; isImputed: 0 | 1 };
export type RulesRow = Omit<StoredRules, 'settings'> & { settings: string };

export const UNITS = 'SELECT key, id, parent_key AS "parentKey", name FROM units ORDER BY key';
export const WINDOWS = 'SELECT key, id, unit_key AS "unitKey", name FROM windows ORDER BY key';
export const STANDS =
  'SELECT kind, key, parent_key AS "parentKey", from_at AS "from" FROM org_versions ORDER BY from_at, kind, key';
export const ZONES =
  'SELECT unit_key AS "unitKey", from_at AS "from", time_zone AS "timeZone" FROM unit_time_zones ORDER BY from_at, unit_key';
export const RULES = `
  SELECT node, version, valid_from AS "validFrom", valid_to AS "validTo", settings FROM rule_versions ORDER BY key`;

export const rulesOf = ({ settings, ...row }: RulesRow): StoredRules => ({
  ...row,
  settings: JSON.parse(settings),
});

/** Of the terminals that stand at the window, and whatever else is kept of it. */
const journalsOf = (windowKey: number) => `
  SELECT s.key FROM sources s JOIN terminals t ON t.key = s.terminal_key WHERE t.window_key = ${windowKey}
  UNION SELECT source_key FROM rollups WHERE window_key = ${windowKey}
  UNION SELECT source_key FROM discounted WHERE window_key = ${windowKey}
  UNION SELECT source_key FROM excluded WHERE window_key = ${windowKey}`;

/** A journal's are read through its numbers. A system's have an index: there may be millions of them, at thousands of windows. */
const votesOf = (windowKey: number, { from, to }: PressTimes): string => {
  const there = `v.window_key = ${windowKey} AND v.at >= ${from} AND v.at < ${to}`;
  return `
    SELECT v.* FROM votes v WHERE v.source_key IN (SELECT j.key FROM (${journalsOf(windowKey)}) j WHERE j.key > 0) AND ${there}
    UNION ALL SELECT v.* FROM votes v
    WHERE v.source_key < 0 AND v.source_key IN (SELECT j.key FROM (${journalsOf(windowKey)}) j WHERE j.key < 0) AND ${there}`;
};

/** A page of rows after another, of one select. */
export type Select = <R extends object>(select: string) => AsyncIterable<R[]>;

export function windowParts(windowKey: number, select: Select): WindowParts {
  const all = async <R extends object>(text: string): Promise<R[]> => {
    const found: R[] = [];
    for await (const page of select<R>(text)) found.push(...page);
    return found;
  };
  const kept = ({ from, to }: PressTimes, table: string, more = '') =>
    `SELECT source_key AS "journalKey", quarter, satisfied, basically, unsatisfied${more} FROM ${table}
     WHERE window_key = ${windowKey} AND quarter >= ${from / QUARTER_MS} AND quarter < ${to / QUARTER_MS}
     ORDER BY quarter, source_key`;
  return {
    async *votes({ from, to }) {
      const pages = select<VoteRow>(`
        SELECT v.source_key AS "journalKey", s.terminal_key AS "terminalKey", v.seq, v.channel, v.rating, v.at, v.clock,
          CASE WHEN d.seq IS NULL THEN 0 ELSE 1 END AS "isPlaced", b.boot, v.mono, v.received_at AS "receivedAt", v.verdict,
          CASE WHEN k.imputed = 1 THEN 1 ELSE 0 END AS "isImputed",
          (SELECT r.decision FROM review_votes o JOIN reviews r ON r.key = o.review_key
           WHERE o.source_key = v.source_key AND o.seq = v.seq AND r.state = 'confirmed'
           ORDER BY r.confirmed_order DESC LIMIT 1) AS decision
        FROM (${votesOf(windowKey, { from, to })}) v LEFT JOIN sources s ON s.key = v.source_key JOIN boots b ON b.key = v.boot_key
        LEFT JOIN datings d ON d.source_key = v.source_key AND d.seq = v.seq
        LEFT JOIN origin_votes k ON k.source_key = v.source_key AND k.seq = v.seq
        ORDER BY v.at, v.source_key, v.seq`);
      for await (const page of pages)
        yield page.map(({ isPlaced, isImputed, ...vote }) => ({
          ...{ ...vote, isPlaced: isPlaced === 1, isImputed: isImputed === 1 },
        }));
    },
    rollups: (span) => all(kept(span, 'rollups')),
    excluded: (span) => all(kept(span, 'excluded')),
    discounted: (span) => all(kept(span, 'discounted', ', verdict')),
    apart: (span) => all(kept(span, 'apart', ', channel, part')),
    exclusions: () =>
      all(`SELECT terminal_key AS "terminalKey", origin_key AS "originKey", from_at AS "from", to_at AS "to" FROM exclusions
           WHERE ended_at IS NULL AND coalesce(window_key, ${windowKey}) = ${windowKey} ORDER BY key`),
    waiting: () =>
      all(
        `SELECT from_at AS "from", to_at AS "to" FROM unjudged WHERE window_key = ${windowKey} ORDER BY key`,
      ),
    journals: () =>
      all(`SELECT s.key AS "journalKey", t.id AS "terminalId", s.epoch FROM sources s
           JOIN terminals t ON t.key = s.terminal_key WHERE s.key IN (${journalsOf(windowKey)})
           UNION ALL SELECT o.key, 'none', o.name FROM origins o WHERE o.key IN (${journalsOf(windowKey)}) ORDER BY 1`),
  };
}
