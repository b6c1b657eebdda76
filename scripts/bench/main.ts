/** npm run bench: the figures of the README, measured in one run on this machine. Never a test: it judges nothing. */
import { parseArgs } from 'node:util';
import { measureAck } from './ack.ts';
import { measureIngest } from './ingest.ts';
import { measurePressToWall } from './press-to-wall.ts';
import { measureScores } from './scores.ts';

const HELP = `Usage: npm run bench [-- --json] [--quick]
  --json    one JSON object on standard output, nothing else
  --quick   shorter, less steady`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const say = (text: string) => console.error(text);
const rounds = values.quick ? 1 : 3;
const measureMs = values.quick ? 3_000 : 6_000;

say('Votes a second, one vote a message (100 connections, 20 in flight):');
const single = await measureIngest({ votesPerMessage: 1, rounds, measureMs, say });
say('Votes a second, 32 votes a message:');
const batch32 = await measureIngest({ votesPerMessage: 32, rounds, measureMs, say });
say('Acknowledgement with 1,000 connections, 1 in flight:');
const ack = await measureAck(measureMs);
say('Press to wall with 500 votes/s in the background:');
const pressToWall = await measurePressToWall(values.quick ? 100 : 500);
say('Scores of the month over 5 million votes:');
const scores = await measureScores(5_000_000, say);

const round = (_key: string, value: unknown) =>
  typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
const result = {
  node: process.version,
  ingest: { single: single.figures, batch32: batch32.figures },
  ack,
  pressToWall,
  scores,
  rssMb: single.rssMb,
};

if (values.json) console.log(JSON.stringify(result, round));
else {
  const { single: one, batch32: many } = result.ingest;
  console.table({
    'ingest, 1 a message, votes/s': { figure: one.votesPerS, 'to reach': '' },
    '  ÷ aedes without storage': { figure: one.ratioToAedes.toFixed(2), 'to reach': '≥ 0.6' },
    '  ÷ Mosquitto → MQTT.js → SQLite': {
      figure: one.ratioToMosquittoPipeline.toFixed(2),
      'to reach': '≥ 1.2',
    },
    'ingest, 32 a message, votes/s': { figure: many.votesPerS, 'to reach': '' },
    '  ÷ aedes without storage ': { figure: many.ratioToAedes.toFixed(2), 'to reach': '' },
    '  ÷ Mosquitto → MQTT.js → SQLite ': { figure: many.ratioToMosquittoPipeline.toFixed(2), 'to reach': '' },
    'ack p50 / p99, ms': { figure: `${ack.p50Ms.toFixed(1)} / ${ack.p99Ms.toFixed(1)}`, 'to reach': '' },
    'press to wall p50, ms': { figure: pressToWall.p50Ms.toFixed(1), 'to reach': '' },
    'press to wall p99, ms': { figure: pressToWall.p99Ms.toFixed(1), 'to reach': '≤ 150' },
    'month scores p99, ms': { figure: scores.p99Ms.toFixed(1), 'to reach': '≤ 20' },
    'gateway memory, MiB': { figure: result.rssMb, 'to reach': '' },
  });
}
process.exit(0);
