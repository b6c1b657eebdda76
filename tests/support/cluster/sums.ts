/**
 * What has to be right at the end of every fault: each acknowledged vote is one that was thanked and is stored, nothing is stored that was not
 * pressed, every gateway's scores are a recount of what is stored, every wall that has stayed open shows the same.
 */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { RATINGS, type Rating } from '../../../protocol/vote.ts';
import type { SwarmTerminal } from '../agent-swarm.ts';
import type { TestGateway } from '../gateway.ts';
import type { LiveClient } from '../live-client.ts';
import { expectScoresEqualRecount, pressedOf, recountScores, storedVotes } from '../recount.ts';
import { copyToSqlite } from '../sqlite-copy.ts';
import { until } from '../wait.ts';
import { type Presses, thankedLine } from './presses.ts';

export type Sums = {
  /** Of the primary, as the superuser. */
  database: string;
  /** Any others are the case's own to look at: they are in the scores, and in nothing else here. */
  terminals: readonly SwarmTerminal[];
  presses: Presses;
  gateways: readonly TestGateway[];
  /** At least one at each gateway. */
  walls: readonly LiveClient[];
};

export type Tally = { thanked: number; acked: number; stored: number };

const SETTLED_MS = 15_000;

/** Nobody may press any more. */
export async function expectSums({ database, terminals, presses, gateways, walls }: Sums): Promise<Tally> {
  await presses.allAcked();
  const thanked = presses.thanked();
  const acked = [...(await presses.acked()).values()].reduce((sum, one) => sum + one, 0);
  expect(acked, 'what is acknowledged is what was thanked').toBe(thanked.size);
  const copy = await copyToSqlite(database);
  try {
    const all = storedVotes(copy.dataDir);
    const own = new Set(terminals.map(({ login }) => login.id));
    const votes = all.filter(({ terminal }) => own.has(terminal));
    const stored = votes.map(({ terminal, seq, rating }) =>
      thankedLine(terminal, seq, RATINGS[rating] as Rating),
    );
    // As sets and by number: a vote under two journals of a terminal would be there twice.
    const lost = [...thanked].filter((line) => !stored.includes(line));
    expect(lost, 'thanked and acknowledged, and not stored').toEqual([]);
    const cutOff = terminals.reduce((sum, one) => sum + one.cutOff(), 0);
    const unknown = stored.filter((line) => !thanked.has(line));
    expect(unknown.length, `stored, and nobody pressed it: ${unknown.join(', ')}`).toBeLessThanOrEqual(
      cutOff,
    );
    expect(new Set(stored).size, 'nothing is stored twice').toBe(stored.length);
    for (const gateway of gateways)
      await until(`gateway on port ${gateway.httpPort} to have all votes in its scores`, async () => {
        const unit = (await gateway.scores()).find(({ kind }) => kind === 'unit');
        const pressed = unit && pressedOf(unit);
        if (pressed !== all.length) throw new Error(`${pressed} of ${all.length}`);
        return true;
      });
    for (const gateway of gateways) await expectScoresEqualRecount({ ...gateway, dataDir: copy.dataDir });
    for (const wall of walls) await expectConverged(wall, copy.dataDir);
    return { thanked: thanked.size, acked, stored: stored.length };
  } finally {
    copy.dispose();
  }
}

async function expectConverged(wall: LiveClient, dataDir: string): Promise<void> {
  const shown = () => wall.rows().map(({ kind, id, votes, counts }) => [`${kind} ${id}`, { votes, counts }]);
  const counted = () => {
    const recount = recountScores(dataDir, 'today', Date.now());
    return [...recount].map(([id, { votes, counts }]) => [id, { votes, counts }]);
  };
  await until(
    'an open wall to show what is stored',
    () => isDeepStrictEqual(Object.fromEntries(shown()), Object.fromEntries(counted())),
    { timeoutMs: SETTLED_MS, everyMs: 100 },
  ).catch(() => expect(Object.fromEntries(shown())).toEqual(Object.fromEntries(counted())));
}
