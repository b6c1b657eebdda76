/** What rollups must say, counted from votes with nothing of what the adapters count with. */
import type { LedgerHome } from './ledger-home.ts';

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

/** One line a rollup, sorted: as it is kept, and as its votes say. */
export async function compareRollups(home: LedgerHome): Promise<{ kept: string[]; counted: string[] }> {
  const votes = await home.rows<StoredVote>('SELECT source_key, seq, window_key, rating, at FROM votes');
  const groups = new Map<string, StoredVote[]>();
  for (const vote of votes) {
    const start = new Date(vote.at);
    start.setUTCMinutes(Math.floor(start.getUTCMinutes() / 15) * 15, 0, 0);
    const name = `journal ${vote.source_key} from ${start.toISOString()} window ${vote.window_key}`;
    groups.set(name, [...(groups.get(name) ?? []), vote]);
  }
  const counted = [...groups].map(([name, of]) => {
    const rated = (rating: number) => of.filter((vote) => vote.rating === rating).length;
    const seqs = of.map(({ seq }) => seq).sort((a, b) => a - b);
    const latest = of.map(({ at }) => at).sort((a, b) => b - a)[0];
    return `${name}: ${rated(0)}/${rated(1)}/${rated(2)}, ${seqs[0]} to ${seqs.at(-1)}, ${latest}`;
  });
  const kept = (await home.rows<StoredRollup>('SELECT * FROM rollups')).map((row) => {
    const from = new Date(row.quarter * 900_000).toISOString();
    const counts = `${row.satisfied}/${row.basically}/${row.unsatisfied}`;
    return `journal ${row.source_key} from ${from} window ${row.window_key}: ${counts}, ${row.first_seq} to ${row.last_seq}, ${row.last_at}`;
  });
  return { kept: kept.sort(), counted: counted.sort() };
}
