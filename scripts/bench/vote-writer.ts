import { createHash } from 'node:crypto';

const RATINGS = ['satisfied', 'satisfied', 'satisfied', 'basically', 'unsatisfied'] as const;

/** @returns a function that makes the terminal's next votes message: the payload that every peer gets too. */
export function createVoteWriter(terminalId: string, votesPerMessage: number): () => string {
  const epoch = createHash('md5').update(`${terminalId}${process.pid}`).digest('hex');
  const boot = '6fd3a1b0-8c0e-4c38-9d3c-0a3a5f1c2b7d';
  const totals = { satisfied: 0, basically: 0, unsatisfied: 0 };
  let seq = 0;
  return () => {
    let votes = '';
    const at = Date.now();
    for (let count = 0; count < votesPerMessage; count++) {
      seq += 1;
      const rating = RATINGS[seq % RATINGS.length] as (typeof RATINGS)[number];
      totals[rating] += 1;
      votes += `${count > 0 ? ',' : ''}{"seq":${seq},"rating":"${rating}","at":${at},"clock":"ntp","boot":"${boot}","mono":${seq * 100}}`;
    }
    return `{"epoch":"${epoch}","votes":[${votes}],"totals":{"satisfied":${totals.satisfied},"basically":${totals.basically},"unsatisfied":${totals.unsatisfied}}}`;
  };
}
