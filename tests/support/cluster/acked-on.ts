/** Was it true when it was said? A vote that was acknowledged and lost would be asked for again later, and nothing would show it at the end. */
import { expect } from 'vitest';
import { until } from '../wait.ts';
import type { DatabaseSet } from './database-set.ts';
import type { DatabaseNode } from './patroni.ts';

/**
 * All that had been acknowledged when the primary was lost is on the standby that will follow it. Before it is promoted, while nobody can write.
 * @param acked by terminal: the highest number up to which everything was acknowledged
 */
export async function expectAckedOn(
  set: DatabaseSet,
  standby: DatabaseNode,
  acked: ReadonlyMap<string, number>,
): Promise<void> {
  await until('the standby to have replayed what it has received', async () => {
    const [row] = await set.sql<{ done: boolean }>(
      standby,
      'SELECT pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() AS done',
    );
    return row?.done;
  });
  const rows = await set.sql<{ id: string; seq: number }>(
    standby,
    'SELECT t.id, v.seq FROM votes v JOIN sources s ON s.key = v.source_key JOIN terminals t ON t.key = s.terminal_key',
  );
  const [leads] = await set.sql<{ leads: boolean }>(standby, 'SELECT NOT pg_is_in_recovery() AS leads');
  expect(leads, 'it was promoted before anybody could look').toEqual({ leads: false });
  const stored = new Set(rows.map(({ id, seq }) => `${id} ${seq}`));
  const lost = [...acked].flatMap(([id, upTo]) =>
    Array.from({ length: upTo }, (_, at) => `${id} ${at + 1}`).filter((vote) => !stored.has(vote)),
  );
  expect(lost, 'acknowledged, and not on the standby').toEqual([]);
}

/** By terminal: how many votes whoever asks this node sees. */
export async function votesSeen(set: DatabaseSet, node: DatabaseNode): Promise<Map<string, number>> {
  const rows = await set.sql<{ id: string; votes: number }>(
    node,
    `SELECT t.id, count(*)::int AS votes FROM votes v JOIN sources s ON s.key = v.source_key
     JOIN terminals t ON t.key = s.terminal_key GROUP BY t.id`,
  );
  return new Map(rows.map(({ id, votes }) => [id, votes]));
}
