/**
 * What verdicts cost the ingest path: the same load on a gateway with the default rules and on one without any, in turn. Votes as citizens
 * give them, which a terminal brings after a time without network, and the worst that there is: a flood of which nothing counts.
 */
import { type PeerRun, startGatewayPeer } from './peers.ts';
import { median } from './percentile.ts';

export type VerdictFigures = {
  load: LoadName;
  votesPerMessage: number;
  votesPerS: number;
  votesPerSWithoutRules: number;
  /** Of the votes a second, the median of pairs. */
  costPercent: number;
};

type LoadName = 'backlog' | 'flood';
export type VerdictPlan = { rounds: number; measureMs: number; say(text: string): void };

const CONNECTIONS = 100;
const IN_FLIGHT = 20;
const WARM_UP_MS = 1_500;
/** More than a connection brings in time, and no more than a journal may say that it has. */
const BACKLOG = { votes: 60_000 };

export async function measureVerdicts({ rounds, measureMs, say }: VerdictPlan): Promise<VerdictFigures[]> {
  const figures: VerdictFigures[] = [];
  for (const load of ['backlog', 'flood'] as const)
    for (const votesPerMessage of [1, 32]) {
      const run = async (rules: 'default' | 'none'): Promise<PeerRun> => {
        // A gateway of its own: a terminal has one backlog in its life.
        const peer = await startGatewayPeer('tls', CONNECTIONS, undefined, { MANYI_FIRST_RULES: rules });
        const backlog = load === 'backlog' ? { backlog: BACKLOG } : {};
        const measured = {
          inFlight: IN_FLIGHT,
          votesPerMessage,
          warmUpMs: WARM_UP_MS,
          measureMs,
          ...backlog,
        };
        try {
          return await peer.run(measured);
        } finally {
          await peer.stop();
        }
      };
      const pairs: { judged: number; free: number }[] = [];
      for (let round = 1; round <= rounds; round++) {
        const free = (await run('none')).votesPerS;
        const judged = (await run('default')).votesPerS;
        pairs.push({ judged, free });
        const text = `${Math.round(free)} votes/s without rules, ${Math.round(judged)} with`;
        say(`  ${load}, ${votesPerMessage} a message, round ${round}: ${text}`);
      }
      figures.push({
        ...{ load, votesPerMessage },
        votesPerS: Math.round(median(pairs.map(({ judged }) => judged))),
        votesPerSWithoutRules: Math.round(median(pairs.map(({ free }) => free))),
        costPercent: 100 * (1 - median(pairs.map(({ judged, free }) => judged / free))),
      });
    }
  return figures;
}

export function printVerdicts(figures: readonly VerdictFigures[]): void {
  const rows: Record<string, object> = {};
  for (const { load, votesPerMessage, votesPerS, votesPerSWithoutRules, costPercent } of figures)
    rows[`${load}, ${votesPerMessage} a message`] = {
      ...{ 'votes/s': votesPerS, 'without rules': votesPerSWithoutRules },
      'cost, %': costPercent.toFixed(1),
      'to reach': load === 'backlog' ? '≤ 10' : '',
    };
  console.table(rows);
}
