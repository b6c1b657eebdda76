/**
 * PostgreSQL by itself, as fast as one can reasonably insert votes into it: batches on a few connections beside each other, one table
 * with the key of a vote, no rollups, no gateway. Arguments: the address of its database, connections, votes a batch. Answers each line on
 * standard input with how many votes it has committed.
 */
import { createInterface } from 'node:readline';
import pg from 'pg';

const [address = '', connections = '4', votesPerBatch = '1000'] = process.argv.slice(2);
const size = Number(votesPerBatch);
/** As many as the gateway has terminals on a connection, so that keys lie as far apart. */
const JOURNALS = 50;

const TABLE = `CREATE TABLE votes (source_key int4, seq int4, window_key int4, rating int2, at int8, received_at int8,
  PRIMARY KEY (source_key, seq))`;
const INSERT = {
  name: 'insert',
  text: `INSERT INTO votes SELECT * FROM unnest($1::int4[], $2::int4[], $3::int4[], $4::int2[], $5::int8[], $6::int8[])
    ON CONFLICT DO NOTHING`,
};

let committed = 0;
const arrayOf = (numberOf: (place: number) => number) =>
  `{${Array.from({ length: size }, (_, place) => numberOf(place)).join(',')}}`;

async function insertForEver(client: pg.Client, lane: number): Promise<never> {
  for (let batch = 0; ; batch++) {
    const now = Date.now();
    const journal = (place: number) => lane * JOURNALS + (place % JOURNALS);
    const seq = (place: number) => Math.floor((batch * size + place) / JOURNALS);
    const values = [
      arrayOf(journal),
      arrayOf(seq),
      arrayOf(journal),
      arrayOf((place) => place % 3),
      arrayOf(() => now),
      arrayOf(() => now),
    ];
    const { rowCount } = await client.query({ ...INSERT, values });
    committed += rowCount ?? 0;
  }
}

const clients: pg.Client[] = [];
for (let lane = 0; lane < Number(connections); lane++) {
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  clients.push(client);
}
await clients[0]?.query(TABLE);
console.log(JSON.stringify({ ready: true }));
createInterface({ input: process.stdin }).on('line', () => console.log(JSON.stringify({ committed })));
await Promise.all(clients.map(insertForEver));
