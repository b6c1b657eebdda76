/** What rollups must say, counted from votes with nothing of what the adapters count with. */
import type { Rows } from './open-rows.ts';

type StoredVote = { source_key: number; seq: number; window_key: number; rating: number; at: number };
type StoredRollup = {
  source_key: number;
  quarter: number;
  window_key: number;
  satisfied: number;
  basically: number;
  unsatisfied: number;
  first_seq: number;
  last_seq: number;
  last_at: number;
};

type Counted = Pick<
  StoredRollup,
  'source_key' | 'quarter' | 'window_key' | 'satisfied' | 'basically' | 'unsatisfied'
>;
type Compared = { kept: string[]; counted: string[] };

/** One line a rollup, sorted: as it is kept, and as its votes say. */
export async function compareRollups(home: { rows: Rows }): Promise<Compared> {
  const votes = await home.rows<StoredVote>('SELECT source_key, seq, window_key, rating, at FROM votes');
  const groups = new Map<string, StoredVote[]>();
  for (const vote of votes) {
    const name = placeOf(vote);
    groups.set(name, [...(groups.get(name) ?? []), vote]);
  }
  const counted = [...groups].map(([name, of]) => {
    const seqs = of.map(({ seq }) => seq).sort((a, b) => a - b);
    const latest = of.map(({ at }) => at).sort((a, b) => b - a)[0];
    return `${name}: ${ratingsOf(of)}, ${seqs[0]} to ${seqs.at(-1)}, ${latest}`;
  });
  const kept = (await home.rows<StoredRollup>('SELECT * FROM rollups')).map((row) => {
    const from = new Date(row.quarter * 900_000).toISOString();
    const counts = `${row.satisfied}/${row.basically}/${row.unsatisfied}`;
    return `journal ${row.source_key} from ${from} window ${row.window_key}: ${counts}, ${row.first_seq} to ${row.last_seq}, ${row.last_at}`;
  });
  return { kept: kept.sort(), counted: counted.sort() };
}

/** … of what is excluded, from the votes and from what people have said. */
export async function compareExcluded(home: { rows: Rows }): Promise<Compared> {
  const votes = await home.rows<StoredVote>('SELECT source_key, seq, window_key, rating, at FROM votes');
  const sources = await home.rows<{ key: number; terminal_key: number }>('SELECT * FROM sources');
  const exclusions = await home.rows<StoredExclusion>('SELECT * FROM exclusions');
  const groups = new Map<string, StoredVote[]>();
  for (const vote of votes) {
    const terminal = sources.find(({ key }) => key === vote.source_key)?.terminal_key;
    const leftOut = exclusions.some(
      (one) =>
        one.terminal_key === terminal &&
        one.ended_at === null &&
        one.from_at <= vote.at &&
        vote.at < one.to_at,
    );
    if (leftOut) groups.set(placeOf(vote), [...(groups.get(placeOf(vote)) ?? []), vote]);
  }
  const counted = [...groups].map(([name, of]) => `${name}: ${ratingsOf(of)}`);
  const kept = (await home.rows<Counted>('SELECT * FROM excluded')).map((row) => {
    const from = new Date(row.quarter * 900_000).toISOString();
    return `journal ${row.source_key} from ${from} window ${row.window_key}: ${row.satisfied}/${row.basically}/${row.unsatisfied}`;
  });
  return { kept: kept.sort(), counted: counted.sort() };
}

type StoredExclusion = { terminal_key: number; from_at: number; to_at: number; ended_at: number | null };

function placeOf({ source_key, window_key, at }: StoredVote): string {
  const start = new Date(at);
  start.setUTCMinutes(Math.floor(start.getUTCMinutes() / 15) * 15, 0, 0);
  return `journal ${source_key} from ${start.toISOString()} window ${window_key}`;
}

function ratingsOf(votes: readonly StoredVote[]): string {
  return [0, 1, 2].map((rating) => votes.filter((vote) => vote.rating === rating).length).join('/');
}
