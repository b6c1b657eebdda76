/** Schema, example file and the contract's page (protocol/README.md) say the same. */
import { readdirSync, readFileSync } from 'node:fs';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { figureOf } from '../../gateway/domain/statistics/figure.ts';
import { QUARANTINE_REASONS } from '../../gateway/ingest/reasons.ts';
import { Ack } from '../../protocol/ack.ts';
import { Command, CommandResult } from '../../protocol/command.ts';
import { TerminalConfig } from '../../protocol/config.ts';
import { ApiError } from '../../protocol/error.ts';
import { Health } from '../../protocol/health.ts';
import { Hello } from '../../protocol/hello.ts';
import { CertificateAnswer, SigningRequest } from '../../protocol/identity.ts';
import type { LiveMessage, Patch, Snapshot, Tick } from '../../protocol/live.ts';
import { Scores } from '../../protocol/score.ts';
import { Session, SignIn } from '../../protocol/session.ts';
import { GatewayStatus, Status } from '../../protocol/status.ts';
import { UP_KINDS } from '../../protocol/topics.ts';
import { VotesMessage } from '../../protocol/vote.ts';
import { LiveRequestSchema, PatchSchema, SnapshotSchema, TickSchema } from './protocol-live-schemas.ts';

const folder = new URL('../../protocol/examples/', import.meta.url);
const page = readFileSync(new URL('../../protocol/README.md', import.meta.url), 'utf8');

type Json = Record<string, unknown>;
type Example = {
  schema: TSchema;
  /** What must not pass, as changes to the example. */
  hostile: Json[];
};

const EPOCH = '3f2a9c5be4d1470c8a6f0d1e2b3c4d5e';
const vote = (read('votes').votes as Json[])[0] as Json;
const scoreRow = (read('scores').rows as Json[])[0] as Json;
const votes = (change: Json) => ({ votes: [{ ...vote, ...change }] });

const EXAMPLES: Record<string, Example> = {
  votes: {
    schema: VotesMessage,
    hostile: [
      { votes: [] },
      { votes: Array.from({ length: 65 }, (_, at) => ({ ...vote, seq: at + 1 })) },
      { epoch: EPOCH.toUpperCase() },
      { epoch: `${EPOCH}\n` },
      { totals: { satisfied: -1, basically: 0, unsatisfied: 0 } },
      { totals: { satisfied: 1, basically: 0 } },
      { extra: 1 },
      votes({ seq: 0 }),
      votes({ seq: 1.5 }),
      votes({ seq: '1' }),
      votes({ seq: 2 ** 53 }),
      votes({ rating: 'Satisfied' }),
      votes({ rating: 'constructor' }),
      votes({ at: -1 }),
      votes({ at: null }),
      votes({ at: 1e15 }),
      votes({ clock: 'good' }),
      votes({ boot: '../../etc' }),
      votes({ mono: -1 }),
      votes({ name: 'a citizen' }),
    ],
  },
  hello: {
    schema: Hello,
    hostile: [
      { epoch: 'x' },
      { journal: { first: 0, last: 0 } },
      { version: '' },
      { inputs: Array(9).fill('a') },
      { clock: undefined },
      { extra: 1 },
    ],
  },
  status: {
    schema: Status,
    hostile: [{ online: 1 }, { connection: '' }, { connection: 'a b' }, { extra: 1 }],
  },
  'status-will': { schema: Status, hostile: [{ online: 'false' }] },
  health: {
    schema: Health,
    hostile: [
      { uptimeS: -1 },
      { temperatureC: 1e6 },
      { journal: { depth: 1 } },
      { journal: { depth: 1, kept: 1, fault: 'Disk Full' } },
      { journal: { depth: 1, kept: 1, setAside: Array(5).fill({ at: 0, reason: 'corrupt' }) } },
      { journal: { depth: 1, kept: 1, setAside: [{ at: 0, reason: 'bored' }] } },
      { journal: { depth: 1, kept: 1, setAside: [{ at: 0, reason: 'behind', path: '/card' }] } },
      { inputs: [{ name: 'a', state: 'sleepy' }] },
      { disk: { freeBytes: 0.5, totalBytes: 1 } },
      { extra: 1 },
    ],
  },
  result: {
    schema: CommandResult,
    hostile: [{ id: '' }, { ok: 'yes' }, { code: 'Not A Code' }, { extra: 1 }],
  },
  ack: {
    schema: Ack,
    hostile: [
      { upTo: -1 },
      { missing: null },
      { missing: [[1]] },
      { missing: [[0, 1]] },
      { time: '0' },
      { extra: 1 },
    ],
  },
  'ack-missing': { schema: Ack, hostile: [{ missing: Array(65).fill([1, 2]) }, { missing: [[1, 2, 3]] }] },
  'gateway-status': {
    schema: GatewayStatus,
    hostile: [{ instance: '' }, { since: -1 }, { online: null }, { extra: 1 }],
  },
  config: {
    schema: TerminalConfig,
    hostile: [{ version: -1 }, { thanksMs: 0 }, { keepAckedDays: 1e6 }, { extra: 1 }],
  },
  command: {
    schema: Command,
    hostile: [{ op: 'rm' }, { id: 'a/b' }, { args: [] }, { expires: 'soon' }, { extra: 1 }],
  },
  snapshot: {
    schema: SnapshotSchema,
    hostile: [
      { type: 'patch' },
      { units: null },
      { day: 'today' },
      { instance: undefined },
      { figures: { target: 0.85 } },
    ],
  },
  patch: {
    schema: PatchSchema,
    hostile: [
      { from: undefined },
      { windows: [{}] },
      { places: [{ unitId: 'u' }] },
      { ticker: [{ id: '1' }] },
    ],
  },
  scores: {
    schema: Scores,
    hostile: [{ figures: {} }, { rows: [{}] }, { rows: [{ ...scoreRow, proof: 'good' }] }],
  },
  csr: { schema: SigningRequest, hostile: [{ csr: '' }, { csr: 'x'.repeat(4_097) }, { extra: 1 }] },
  certificate: {
    schema: CertificateAnswer,
    hostile: [{ certificate: '' }, { authority: 1 }, { renewAfter: 'soon' }, { key: 'x' }],
  },
  'certificate-refused': { schema: CertificateAnswer, hostile: [{ refused: 'Not A Code' }, { extra: 1 }] },
  tick: { schema: TickSchema, hostile: [{ type: 'tock' }, { revision: null }] },
  'sign-in': {
    schema: SignIn,
    hostile: [
      { name: 1 },
      { name: 'x'.repeat(65) },
      { password: null },
      { password: 'x'.repeat(513) },
      { extra: 1 },
    ],
  },
  session: {
    schema: Session,
    hostile: [
      { mustChangePassword: 'no' },
      { expiresAt: 'soon' },
      { account: { name: 'a', displayName: 'A', role: 'king', unitId: null } },
    ],
  },
  resync: { schema: LiveRequestSchema, hostile: [{ type: 'sync' }] },
  error: { schema: ApiError, hostile: [{ error: 'no' }, { error: { code: 'Not A Code', message: '' } }] },
};

function read(name: string): Json {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Json;
}

const change = (example: Json, by: Json): unknown => JSON.parse(JSON.stringify({ ...example, ...by }));

describe.each(Object.entries(EXAMPLES))('the example "%s"', (name, { schema, hostile }) => {
  const validator = Compile(schema);

  test('is what its schema says', () => {
    expect([...validator.Errors(read(name))]).toEqual([]);
  });

  test('stands in the contract word for word', () => {
    const blocks = [...page.matchAll(/```json\n([^`]*)```/g)].map((match) => JSON.parse(match[1] as string));
    expect(blocks).toContainEqual(read(name));
  });

  test.each(hostile.map((by) => [JSON.stringify(by).slice(0, 70), by] as const))(
    'refuses %s',
    (_title, by) => {
      expect(validator.Check(change(read(name), by))).toBe(false);
    },
  );

  test.each(Object.keys(read(name)).filter((key) => isRequired(schema, key)))(
    'refuses it without %s',
    (key) => {
      expect(validator.Check(change(read(name), { [key]: undefined }))).toBe(false);
    },
  );

  test.each([[null], [[]], ['text'], [1], [{}]])('refuses %j', (value) => {
    expect(validator.Check(value)).toBe(false);
  });
});

test('every example file is known here, and every message of a terminal has one', () => {
  const files = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
  expect(files.sort()).toEqual(Object.keys(EXAMPLES).sort());
  expect(files).toEqual(expect.arrayContaining([...UP_KINDS]));
});

test('the contract shows nothing as JSON that is not an example', () => {
  expect(page.match(/```json/g)).toHaveLength(Object.keys(EXAMPLES).length);
});

test('the contract explains every reason for quarantine', () => {
  const table = page.slice(page.indexOf('## What bad input gets'), page.indexOf('## The live stream'));
  expect(QUARANTINE_REASONS.filter((reason) => !table.includes(`\`${reason}\``))).toEqual([]);
});

test('the patch example leads on from the snapshot example', () => {
  const snapshot = read('snapshot') as unknown as Snapshot;
  const patch = read('patch') as unknown as Patch;
  const tick = read('tick') as unknown as Tick;
  const messages: LiveMessage[] = [snapshot, patch, tick];
  expect(patch.from).toBe(snapshot.revision);
  expect(tick.revision).toBe(patch.revision);
  expect(messages.map((message) => message.now)).toEqual(
    messages.map((message) => message.now).sort((a, b) => a - b),
  );
});

test('the figures of the examples are those of their counts', () => {
  const { figures, rows } = read('scores') as unknown as Scores;
  for (const row of rows)
    expect(figureOf(row.counts, figures)).toMatchObject({
      ...{ votes: row.votes, isSufficient: row.isSufficient, proof: row.proof },
      rate: { value: row.rate, ...row.intervals?.rate },
      index: { value: row.index, ...row.intervals?.index },
      satisfiedShare: { value: row.satisfiedShare, ...row.intervals?.satisfiedShare },
      middleShare: { value: row.middleShare, ...row.intervals?.middleShare },
    });
  const snapshot = read('snapshot') as unknown as Snapshot;
  for (const row of [...snapshot.units, ...(read('patch') as unknown as Patch).units])
    expect(figureOf(row.counts, snapshot.figures)).toMatchObject({
      rate: { value: row.rate, ...row.intervals?.rate },
      index: { value: row.index, ...row.intervals?.index },
      proof: row.proof,
    });
});

function isRequired(schema: TSchema, key: string): boolean {
  return ((schema as { required?: string[] }).required ?? []).includes(key);
}
