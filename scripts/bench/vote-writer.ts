import { createHash } from 'node:crypto';

const RATINGS = ['satisfied', 'satisfied', 'satisfied', 'basically', 'unsatisfied'] as const;
const LEAST_GAP_MS = 12_000;
const MORE_MS = 36_000;
/** A little more than the mean, so that the last is pressed before now. */
const GAP_MS = 30_300;

/** Votes that a terminal has kept while it had no network: pressed by one citizen after another, the last of them by now. */
export type Backlog = { votes: number };

/** @returns a function that makes the terminal's next votes message: the payload that every peer gets too. */
export function createVoteWriter(
  terminalId: string,
  votesPerMessage: number,
  backlog: Backlog | null = null,
): () => string {
  const epoch = createHash('md5').update(`${terminalId}${process.pid}`).digest('hex');
  const boot = '6fd3a1b0-8c0e-4c38-9d3c-0a3a5f1c2b7d';
  const counts = { satisfied: 0, basically: 0, unsatisfied: 0 };
  const take = backlog === null ? pressesNow() : pressesBefore(Date.now(), backlog.votes);
  const keptTotals = backlog === null ? null : JSON.stringify(totalsOf(backlog.votes));
  let seq = 0;
  return () => {
    let votes = '';
    for (let count = 0; count < votesPerMessage; count++) {
      seq += 1;
      const { at, mono } = take(seq);
      const rating = RATINGS[seq % RATINGS.length] as (typeof RATINGS)[number];
      counts[rating] += 1;
      votes += `${count > 0 ? ',' : ''}{"seq":${seq},"rating":"${rating}","at":${at},"clock":"ntp","boot":"${boot}","mono":${mono}}`;
    }
    return `{"epoch":"${epoch}","votes":[${votes}],"totals":${keptTotals ?? JSON.stringify(counts)}}`;
  };
}

type Presses = (seq: number) => { at: number; mono: number };

/** As fast as they can be sent: nobody presses like that. */
function pressesNow(): Presses {
  return (seq) => ({ at: Date.now(), mono: seq * 100 });
}

/** Gaps as between citizens, the same in every run. */
function pressesBefore(end: number, votes: number): Presses {
  const begin = end - votes * GAP_MS;
  let mono = 0;
  let drawn = 1;
  return () => {
    // Park and Miller's generator: its next number is below 2^47 before the remainder.
    drawn = (drawn * 48_271) % 2_147_483_647;
    mono += LEAST_GAP_MS + Math.floor((drawn / 2_147_483_647) * MORE_MS);
    return { at: begin + mono, mono };
  };
}

function totalsOf(votes: number) {
  const totals = { satisfied: 0, basically: 0, unsatisfied: 0 };
  for (let seq = 1; seq <= votes; seq++) totals[RATINGS[seq % RATINGS.length] as keyof typeof totals] += 1;
  return totals;
}
