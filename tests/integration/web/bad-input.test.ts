/** What is written wrongly in a body or at the command line: told in a sentence that says what to do, and nothing of it is done. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { manyi } from '../../support/cli.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('city', '云岭市');
    org.window('w1', 'city', '社保综合窗口1');
  });
  await until('the tree', async () => (await gateway.getJson<unknown[]>('/api/v1/windows')).length === 1);
});
afterAll(() => gateway?.dispose());

type Told = { status: number; code: string; message: string };

async function told(path: string, body: string | object): Promise<Told> {
  const response = await gateway.fetch(`/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, code: error?.code ?? '', message: error?.message ?? '' };
}

const CHANGING = ['/rules', '/privacy', '/alert-rules', '/publications', '/alert-targets'] as const;
const everything = () => Promise.all(CHANGING.map((path) => gateway.getJson(`/api/v1${path}`)));

const reason = '试一试';
const rules = (settings: object, more: object = {}) => ({
  ...{ validFrom: '2027-01-01', settings, reason },
  ...more,
});
const both = { unit: 'city', window: 'w1' };
const hook = (address: string) => ({ channel: 'webhook', name: '值班', address });
const day = (name: string) => ({ holidays: [{ date: '2027-02-03', name }] });

it.each<[path: string, body: string | object, status: number, code: string, says: string]>([
  // A null, a text or true is none of the numbers and yes-or-nos that it could be made into.
  ['/privacy', { settings: { isOn: null }, reason }, 400, 'parameters-invalid', 'body/settings/isOn must be'],
  ['/privacy', { settings: { isOn: 'true' }, reason }, 400, 'parameters-invalid', 'isOn must be boolean'],
  ['/rules', rules({ stuckHeldMs: null }), 400, 'parameters-invalid', 'stuckHeldMs must be number'],
  ['/rules', rules({ pressIntervalMs: '5000' }), 400, 'parameters-invalid', 'pressIntervalMs must be number'],
  ['/rules', rules({ pressIntervalMs: true }), 400, 'parameters-invalid', 'pressIntervalMs must be number'],
  ['/publications/p-1/withdrawals', { version: true, reason }, 400, 'parameters-invalid', 'version must be'],
  [
    '/rules',
    '{"validFrom":"2027-01-01","settings":{"stuckHeldMs":1e999},"reason":"x"}',
    400,
    'parameters-invalid',
    'stuckHeldMs',
  ],
  // What is meant is anybody's guess.
  [
    '/rules',
    '{"validFrom":"2027-01-01","settings":{"pressIntervalMs":0,"pressIntervalMs":4000},"reason":"x"}',
    400,
    'request-invalid',
    'says "pressIntervalMs" twice',
  ],
  [
    '/rules',
    '{"reason":"x","validFrom":"2027-01-01","settings":{},"re\\u0061son":"y"}',
    400,
    'request-invalid',
    'says "reason" twice',
  ],
  [
    '/rules',
    '{"validFrom":"2027-01-01","settings":{"__proto__":{"stuckHeldMs":0}},"reason":"x"}',
    400,
    'request-invalid',
    '__proto__',
  ],
  ['/rules', '{"settings":NaN}', 400, 'request-invalid', 'not JSON'],
  ['/rules', '[]', 400, 'parameters-invalid', 'body must be object'],
  ['/rules', { ...rules({}), reason: 'x'.repeat(100_000) }, 413, 'request-invalid', '65536 bytes'],
  // The field, and what it may be.
  [
    '/rules',
    rules({ pressInterval: 5_000 }),
    400,
    'parameters-invalid',
    'settings has a field pressInterval, which is none',
  ],
  ['/rules', { settings: {}, reason }, 400, 'parameters-invalid', 'body lacks the field validFrom'],
  ['/rules', rules({ hours: { week: [] } }), 400, 'parameters-invalid', 'body/settings/hours'],
  [
    '/alert-targets',
    { ...hook('https://example.org/'), channel: 'fax' },
    400,
    'parameters-invalid',
    'must be one of webhook, email',
  ],
  // One place.
  ['/rules', rules({}, both), 422, 'place-ambiguous', 'not both'],
  [
    '/rules/preview',
    { ...both, from: '2026-11-01', to: '2026-11-02', settings: {} },
    422,
    'place-ambiguous',
    'not both',
  ],
  ['/privacy', { ...both, settings: { isOn: false }, reason }, 422, 'place-ambiguous', 'not both'],
  ['/alert-rules', { ...both, settings: { silent: null }, reason }, 422, 'place-ambiguous', 'not both'],
  // Texts that other people are shown.
  ['/rules', rules(day('元\u202e旦')), 422, 'hours-name-invalid', 'U+202E'],
  [
    '/publications',
    { unit: 'city', period: '2026-10', title: '月\u200b报', reason },
    422,
    'text-invalid',
    'write the title otherwise',
  ],
  [
    '/alert-targets',
    { ...hook('https://example.org/'), name: '\u202e' },
    422,
    'text-invalid',
    'write the name otherwise',
  ],
  [
    '/rules/preview',
    { from: '2026-11-02', to: '2026-11-01', settings: {} },
    422,
    'rule-span-reversed',
    'give from, then to',
  ],
  // To nowhere inside; what it is called says nothing of where it leads, so a name is looked at whenever something is sent.
  ...[
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0x7f.1',
    '2130706433',
    '10.0.0.1',
    '169.254.169.254',
    '[fe80::1]',
  ].map((host): [string, object, number, string, string] => [
    ...([
      '/alert-targets',
      hook(`https://${host}/`),
      422,
      'alert-target-invalid',
      'MANYI_WEBHOOK_NETWORKS',
    ] as const),
  ]),
  ['/alert-targets', hook('http://93.184.216.34/'), 422, 'alert-target-invalid', 'https'],
  ['/alert-targets', hook('https://example.org:0/'), 422, 'alert-target-invalid', 'port 0'],
  ['/alert-targets', hook('https://example.org/\r\nx: y'), 422, 'alert-target-invalid', 'https://'],
])('%s %j: %i %s', async (path, body, status, code, says) => {
  const before = await everything();
  const answer = await told(path, body);
  expect(answer).toMatchObject({ status, code });
  expect(answer.message).toContain(says);
  expect(await everything()).toEqual(before);
});

it('says of a contradiction once where it begins, not at every place below', async () => {
  await told('/rules', rules({ burstPresses: 5 }, { window: 'w1' }));
  const days = [{ date: '2027-02-03', name: '' }];
  const { code, message } = await told('/rules', rules({ holidays: days, workdays: days }));
  expect(code).toBe('hours-date-twice');
  expect(message.match(/2027-02-03 is a holiday and a working day/g)).toHaveLength(1);
  expect(message).toContain('(everywhere, from 2027-01-01 on)');
});

it('does not preview a rule that could not be set', async () => {
  const flaps = 'usual=0.05&watched=0.15&height=22&closesAt=20';
  const response = await gateway.fetch(`/api/v1/alert-rules/preview?${flaps}`);
  expect([response.status, await response.json()]).toMatchObject([
    422,
    { error: { code: 'alert-rule-flaps' } },
  ]);
});

it('publishes one place and period once, whoever asks twice and however fast; after a withdrawal anew', async () => {
  const asked = { unit: 'city', period: '2026-10', title: '十月公报', reason };
  const answers = await Promise.all([1, 2, 3].map(() => told('/publications', asked)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  const refused = answers.find(({ status }) => status === 409);
  const [one] = await gateway.getJson<{ id: string }[]>('/api/v1/publications');
  expect(refused).toMatchObject({ code: 'publication-exists' });
  expect(refused?.message).toContain(`${one?.id} version 1`);
  // The same days, named otherwise.
  const span = { from: '2026-10-01', to: '2026-10-31' };
  expect(await told('/publications', { ...asked, period: undefined, ...span })).toMatchObject({
    code: 'publication-exists',
  });
  expect((await told('/publications', { ...asked, window: 'w1', unit: undefined })).status).toBe(201);
  expect((await told(`/publications/${one?.id}/withdrawals`, { version: 1, reason })).status).toBe(201);
  expect((await told('/publications', asked)).status).toBe(201);
});

it('is told at the command line, too', async () => {
  const before = await everything();
  const since = ['--from', '2027-01-01', '--reason', reason];
  const refused: [said: string, ...argv: string[]][] = [
    [
      'place-ambiguous: give the unit',
      'rules',
      'set',
      'stuckHeldMs=0',
      '--unit',
      'city',
      '--window',
      'w1',
      ...since,
    ],
    // Nothing is no 0: it would turn the rule off.
    ['rule-invalid: stuckHeldMs', 'rules', 'set', 'stuckHeldMs=', ...since],
    ['stuckHeldMs is there twice', 'rules', 'set', 'stuckHeldMs=2000', 'stuckHeldMs=3000', ...since],
    ['rule=value, with one of', 'rules', 'set', 'constructor=1', ...since],
    [
      'a time zone of the IANA database',
      'rules',
      'set',
      'stuckHeldMs=0',
      '--time-zone',
      'Mars/Base',
      ...since,
    ],
    ['quiet is there twice', 'alerts', 'rules', 'set', 'quiet=null', 'quiet=null', '--reason', reason],
    ['cannot be used with option', 'privacy', 'set', '--on', '--off', '--reason', reason],
  ];
  const ran = await Promise.all(refused.map(([, ...argv]) => manyi(gateway.dataDir, ...argv)));
  expect(ran.map(({ code, err }) => [code, err])).toEqual(
    refused.map(([said]) => [1, expect.stringContaining(said)]),
  );
  expect(await everything()).toEqual(before);
});
