/** npm run bench: the figures of the README, measured in one run on this machine. Never a test: it judges nothing. */
import { parseArgs } from 'node:util';
import { measureAck } from './ack.ts';
import { measureAttack } from './attack.ts';
import { measureDetectors } from './detectors.ts';
import { measureHistory } from './history.ts';
import { measureIngest } from './ingest.ts';
import { measurePostgres } from './postgres.ts';
import { measurePressToWall } from './press-to-wall.ts';
import { measureReplay } from './replay.ts';
import { measureScores } from './scores.ts';
import { measureStorm } from './storm.ts';
import { printTable, type Result } from './table.ts';
import { measureVerdicts } from './verdicts.ts';

const PARTS = [
  'ingest',
  'verdicts',
  'ack',
  'press',
  'scores',
  'storm',
  'attack',
  'postgres',
  'replay',
  'detectors',
  'history',
] as const;
type Part = (typeof PARTS)[number];
/** Heze's 170 townships and 6,061 village stations. */
const CITY = 6_231;
const QUICK_CITY = 1_000;

const HELP = `Usage: npm run bench [-- --json] [--quick] [--only PART,PART] [--storm [N]]
  --json       one JSON object on standard output, nothing else
  --quick      shorter, less steady, and a storm of ${QUICK_CITY} terminals
  --only       some parts of: ${PARTS.join(', ')}
  --storm [N]  only the reconnect storm, of N terminals [${CITY}]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    storm: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [count] = positionals;
const parts: readonly string[] = values.storm ? ['storm'] : (values.only?.split(',') ?? PARTS);
const stray = parts.find((part) => !PARTS.includes(part as Part));
const countIsRight = count === undefined || (values.storm && /^[1-9]\d{0,4}$/.test(count));
if (values.help || stray !== undefined || positionals.length > 1 || !countIsRight) {
  if (!values.help) console.error(`argument-unknown: ${stray ?? count}\n`);
  console[values.help ? 'log' : 'error'](HELP);
  process.exit(values.help ? 0 : 2);
}
const terminals = count === undefined ? (values.quick ? QUICK_CITY : CITY) : Number(count);

const say = (text: string) => console.error(text);
const rounds = values.quick ? 1 : 3;
const measureMs = values.quick ? 3_000 : 6_000;
const wants = (part: Part) => parts.includes(part);

const result: Result = { node: process.version };
if (wants('ingest')) {
  say('Votes a second, one vote a message (100 connections, 20 in flight):');
  const single = await measureIngest({ votesPerMessage: 1, rounds, measureMs, say });
  say('Votes a second, 32 votes a message:');
  const batch32 = await measureIngest({ votesPerMessage: 32, rounds, measureMs, say });
  // The product has TLS; plain is beside it.
  result.ingest = {
    single: { ...single.tls, plain: single.plain },
    batch32: { ...batch32.tls, plain: batch32.plain },
  };
  result.rssMb = single.tls.rssMb;
}
if (wants('verdicts')) {
  say('Votes a second with rules and without:');
  result.verdicts = await measureVerdicts({ rounds, measureMs, say });
}
if (wants('ack')) {
  say('Acknowledgement with 1,000 connections, 1 in flight:');
  result.ack = { ...(await measureAck('tls', measureMs)), plain: await measureAck('plain', measureMs) };
}
if (wants('press')) {
  say('Press to wall with 500 votes/s in the background:');
  result.pressToWall = await measurePressToWall(values.quick ? 100 : 500);
}
if (wants('scores')) {
  say('Scores of the month:');
  result.scores = await measureScores(values.quick ? 1_000_000 : 5_000_000, say);
}
if (wants('storm')) {
  say(`The gateway is killed, and ${terminals} terminals come back:`);
  result.storm = await measureStorm(terminals, say);
}
if (wants('attack')) {
  say('8,000 connections that say nothing:');
  result.attack = {
    tcp: await measureAttack('tcp'),
    hello: await measureAttack('hello'),
    tls: await measureAttack('tls'),
  };
}
if (wants('postgres')) {
  say('Votes a second into PostgreSQL with a synchronous standby (200 connections):');
  result.postgres = await measurePostgres({ rounds, measureMs, presses: values.quick ? 100 : 500, say });
}
if (wants('replay')) {
  say('Stored votes judged again by other rules, with 1,000 votes/s coming in:');
  result.replay = await measureReplay({ votes: values.quick ? 1_000_000 : 5_000_000, say });
}
if (wants('detectors')) {
  const [misuseOfEach, honestOfEach] = values.quick ? [10, 30] : [40, 120];
  result.detectors = measureDetectors({ seeds: [1, 2, 3, 4, 5], misuseOfEach, honestOfEach });
}
if (wants('history')) {
  const votes = values.quick ? 2_000_000 : 20_000_000;
  say(`A year by day over ${votes / 1e6} million votes, which are written as rollups:`);
  result.history = await measureHistory({ votes, say });
}

const round = (_key: string, value: unknown) =>
  typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
if (values.json) console.log(JSON.stringify(result, round));
else printTable(result);
process.exit(0);
