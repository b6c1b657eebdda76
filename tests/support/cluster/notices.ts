/** What gateways tell each other, as anybody on the database hears it: said again, in any order, or kept from being heard. */
import pg from 'pg';
import type { Random } from '../../faults/seed.ts';

export type Notices = {
  heard(): number;
  /** Some of what was heard, again and shuffled. */
  repeat(count: number): Promise<void>;
  /** Whoever listens loses the line, and whatever is told until it is there again. Returns how many did. */
  cut(): Promise<number>;
  close(): Promise<void>;
};

export async function hearNotices(address: string, random: Random): Promise<Notices> {
  const client = new pg.Client({ connectionString: address, application_name: 'a test that listens' });
  client.on('error', () => {});
  const notices: { channel: string; payload: string }[] = [];
  client.on('notification', ({ channel, payload = '' }) => void notices.push({ channel, payload }));
  await client.connect();
  await client.query('LISTEN manyi');
  return {
    heard: () => notices.length,
    async repeat(count) {
      for (const { channel, payload } of random.shuffle(notices).slice(0, count))
        await client.query('SELECT pg_notify($1, $2)', [channel, payload]);
    },
    async cut() {
      const { rowCount } = await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name LIKE 'manyi notices%' AND datname = current_database()`,
      );
      return rowCount ?? 0;
    },
    close: () => client.end(),
  };
}
