/** What rollups must say, counted from votes with nothing of what the adapters count with. */
import { readExcluded } from './excluded.ts';
import type { Rows } from './open-rows.ts';

type StoredVote = {
  source_key: number;
  seq: number;
  window_key: number;
  rating: number;
  at: number;
  verdict: number;
  channel: number;
};
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
  const votes = await readVotes(home);
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
  const isExcluded = await readExcluded(home);
  const counted = ratingsAt(await readVotes(home), (vote) => isExcluded(vote) && placeOf(vote));
  const kept = await home.rows<Counted>('SELECT * FROM excluded');
  return { kept: kept.map(lineOf).sort(), counted };
}

/** … of what rules discount: by the votes' verdicts, where no person has excluded them. */
export async function compareDiscounted(home: { rows: Rows }): Promise<Compared> {
  const isExcluded = await readExcluded(home);
  const counted = ratingsAt(
    await readVotes(home),
    (vote) => vote.verdict !== 0 && !isExcluded(vote) && `${vote.verdict} of ${placeOf(vote)}`,
  );
  const kept = await home.rows<Counted & { verdict: number }>('SELECT * FROM discounted');
  return { kept: kept.map((row) => `${row.verdict} of ${lineOf(row)}`).sort(), counted };
}

/** … of what came otherwise than by a button: all of it, and what of it does not count. */
export async function compareApart(home: { rows: Rows }): Promise<Compared> {
  const isExcluded = await readExcluded(home);
  const votes = (await readVotes(home)).filter(({ channel }) => channel !== 0);
  const nameOf = (vote: StoredVote, part: number) => `${vote.channel}, ${part} of ${placeOf(vote)}`;
  const partOf = (vote: StoredVote) => (isExcluded(vote) ? 16 : vote.verdict);
  const counted = [
    ...ratingsAt(votes, (vote) => nameOf(vote, 0)),
    ...ratingsAt(votes, (vote) => partOf(vote) !== 0 && nameOf(vote, partOf(vote))),
  ];
  const kept = await home.rows<Counted & { channel: number; part: number }>('SELECT * FROM apart');
  return {
    kept: kept.map((row) => `${row.channel}, ${row.part} of ${lineOf(row)}`).sort(),
    counted: counted.sort(),
  };
}

const readVotes = (home: { rows: Rows }) =>
  home.rows<StoredVote>('SELECT source_key, seq, window_key, rating, at, verdict, channel FROM votes');

/** @param place of those that belong to one */
function ratingsAt(votes: readonly StoredVote[], place: (vote: StoredVote) => string | false): string[] {
  const groups = new Map<string, StoredVote[]>();
  for (const vote of votes) {
    const name = place(vote);
    if (name) groups.set(name, [...(groups.get(name) ?? []), vote]);
  }
  return [...groups].map(([name, of]) => `${name}: ${ratingsOf(of)}`).sort();
}

function lineOf(row: Counted): string {
  const from = new Date(row.quarter * 900_000).toISOString();
  return `journal ${row.source_key} from ${from} window ${row.window_key}: ${row.satisfied}/${row.basically}/${row.unsatisfied}`;
}

function placeOf({ source_key, window_key, at }: StoredVote): string {
  const start = new Date(at);
  start.setUTCMinutes(Math.floor(start.getUTCMinutes() / 15) * 15, 0, 0);
  return `journal ${source_key} from ${start.toISOString()} window ${window_key}`;
}

function ratingsOf(votes: readonly StoredVote[]): string {
  return [0, 1, 2].map((rating) => votes.filter((vote) => vote.rating === rating).length).join('/');
}
