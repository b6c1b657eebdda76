/** What sums over long spans must say, counted vote by vote from what is stored, with nothing of what the stores count with. */
import { expect } from 'vitest';
import type { HistoryOf, HistoryRow, HistoryStore } from '../../gateway/store/history.ts';
import type { ChannelCode } from '../../gateway/store/ledger.ts';
import { CHANNELS } from '../../protocol/channel.ts';
import { readExcluded } from './excluded.ts';
import type { Rows } from './open-rows.ts';

type Vote = {
  source_key: number;
  window_key: number;
  rating: number;
  at: number;
  verdict: number;
  channel: number;
};
type Version = { kind: string; key: number; parent_key: number | null; from_at: number };

const NAMES = ['satisfied', 'basically', 'unsatisfied'];

/** Everything that is stored, as it is now. */
export async function recountHistory(home: { rows: Rows }) {
  const votes = await home.rows<Vote>(
    'SELECT source_key, window_key, rating, at, verdict, channel FROM votes',
  );
  const versions = await home.rows<Version>(`
    SELECT kind, key, parent_key, from_at FROM org_versions
    UNION SELECT 'unit', key, parent_key, -1 FROM units UNION SELECT 'window', key, unit_key, -1 FROM windows`);
  const isExcluded = await readExcluded(home);
  const parentOf = (kind: string, key: number, at: number) => {
    const pressedIn = new Date(at);
    pressedIn.setUTCMinutes(Math.floor(pressedIn.getUTCMinutes() / 15) * 15, 0, 0);
    const held = versions.filter(
      (one) => one.kind === kind && one.key === key && one.from_at <= pressedIn.getTime(),
    );
    return held.sort((a, b) => b.from_at - a.from_at)[0]?.parent_key ?? null;
  };
  const isMeant = (of: HistoryOf, { window_key, at }: Vote) => {
    if ('windowKey' in of) return of.windowKey === window_key;
    let unit = parentOf('window', window_key, at);
    while (unit !== null && unit !== of.unitKey) unit = parentOf('unit', unit, at);
    return unit !== null;
  };
  return (of: HistoryOf, bounds: readonly number[]): string[][] =>
    bounds.slice(1).map((end, place) => {
      const lines = new Map<string, number[]>();
      for (const vote of votes) {
        if (vote.at < (bounds[place] as number) || vote.at >= end || !isMeant(of, vote)) continue;
        const excluded = isExcluded(vote);
        const line = lineOf(vote.channel, excluded ? 0 : vote.verdict, excluded);
        const counts = lines.get(line) ?? [0, 0, 0];
        lines.set(
          line,
          counts.map((count, rating) => (rating === vote.rating ? count + 1 : count)),
        );
      }
      return [...lines].map(([line, counts]) => `${line}: ${counts.join('/')}`).sort();
    });
}

const lineOf = (channel: number, verdict: number, excluded: boolean) =>
  `channel ${channel}, verdict ${verdict}${excluded ? ', excluded' : ''}`;

/** A line a row, as the store says. */
export async function toldHistory(
  history: HistoryStore,
  of: HistoryOf,
  bounds: readonly number[],
): Promise<string[][]> {
  const spans = await history.sums(of, bounds);
  return spans.map((rows) => rows.map(toldRow).sort());
}

const toldRow = ({ channel, verdict, isExcluded, counts }: HistoryRow) =>
  `${lineOf(channel, verdict, isExcluded)}: ${NAMES.map((name) => counts[name as 'satisfied']).join('/')}`;

/** The same of every window that something came for, by its key, a span after another: what each channel says alone, all of it together. */
async function toldByChannel(
  history: HistoryStore,
  bounds: readonly number[],
): Promise<Map<number, string[]>[]> {
  const told = bounds.slice(1).map(() => new Map<number, string[]>());
  for (const channel of CHANNELS.keys()) {
    const spans = await history.windows(bounds, channel as ChannelCode);
    expect(spans).toHaveLength(told.length);
    spans.forEach((windows, place) => {
      const inSpan = told[place] as Map<number, string[]>;
      for (const { windowKey, rows } of windows) {
        expect(rows.every((row) => row.channel === channel)).toBe(true);
        inSpan.set(windowKey, [...(inSpan.get(windowKey) ?? []), ...rows.map(toldRow)].sort());
      }
    });
  }
  return told;
}

type Recount = Awaited<ReturnType<typeof recountHistory>>;

/** Of each window what it says of itself while it stood there; all of them together are the whole. */
async function expectParts(
  history: HistoryStore,
  of: HistoryOf,
  span: { from: number; to: number },
  recount: Recount,
  when: string,
): Promise<void> {
  const { windows } = await history.parts(of, span, () => ({ from: 0, end: 0 }));
  const whole = new Map<string, number[]>();
  for (const { windowKey, rows, spans } of windows) {
    const own = spans.flatMap(({ from, to }) => recount({ windowKey }, [from, to])[0] ?? []);
    expect(summed(rows.map(toldRow)), `window ${windowKey} of ${JSON.stringify(of)} ${when}`).toEqual(
      summed(own),
    );
    for (const [line, counts] of summed(rows.map(toldRow))) whole.set(line, added(whole.get(line), counts));
  }
  const told = [...whole].map(([line, counts]) => `${line}: ${counts.join('/')}`).sort();
  expect([told], `parts of ${JSON.stringify(of)} ${when}`).toEqual(recount(of, [span.from, span.to]));
}

const added = (some: readonly number[] = [0, 0, 0], others: readonly number[]) =>
  some.map((count, at) => count + (others[at] ?? 0));

function summed(lines: readonly string[]): Map<string, number[]> {
  const sums = new Map<string, number[]>();
  for (const text of [...lines].sort()) {
    const [line = '', counts = ''] = text.split(': ');
    sums.set(line, added(sums.get(line), counts.split('/').map(Number)));
  }
  return sums;
}

/** Of every unit and window that there is. */
export async function expectHistoryRecounted(
  home: { rows: Rows },
  history: HistoryStore,
  bounds: readonly number[],
  when = '',
): Promise<void> {
  const units = await home.rows<{ key: number }>('SELECT key FROM units ORDER BY key');
  const windows = await home.rows<{ key: number }>('SELECT key FROM windows ORDER BY key');
  const all: HistoryOf[] = [
    ...units.map(({ key }) => ({ unitKey: key })),
    ...windows.map(({ key }) => ({ windowKey: key })),
  ];
  const recount = await recountHistory(home);
  for (const of of all)
    expect(await toldHistory(history, of, bounds), `${JSON.stringify(of)} ${when}`).toEqual(
      recount(of, bounds),
    );
  const [from = 0, to = 0] = [bounds[0], bounds.at(-1)];
  for (const of of all) await expectParts(history, of, { from, to }, recount, when);
  const byChannel = await toldByChannel(history, bounds);
  for (const { key } of windows)
    expect(
      byChannel.map((inSpan) => inSpan.get(key) ?? []),
      `window ${key} by channel ${when}`,
    ).toEqual(recount({ windowKey: key }, bounds));
}
