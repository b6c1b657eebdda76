/** What an integrator writes against the gateway, with a client made from its own description. Nothing in it is cast. */
import createClient from 'openapi-fetch';
import type { paths } from './schema.ts';

const { GATEWAY: baseUrl = '', TOKEN: token = '', PASSWORD: password = '' } = process.env;

function require<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is missing`);
  return value;
}

const anybody = createClient<paths>({ baseUrl });
const wall = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

const alive: 'ok' | undefined = (await anybody.GET('/healthz')).data?.status;

const opened = await anybody.POST('/api/v1/session', { body: { name: 'admin', password } });
const role: string = require(opened.data, 'the session').account.role;
const cookie = require(opened.response.headers.getSetCookie()[0]?.split(';')[0], 'the cookie');
const admin = createClient<paths>({ baseUrl, headers: { cookie } });

const made = await admin.POST('/api/v1/links', { body: { kind: 'wall', name: '一楼大屏', days: 30 } });
const link = require(made.data, 'the link').link;
const state: 'good' | 'ending' | 'expired' | 'maker-barred' | 'revoked' = link.state;

const scores = require((await wall.GET('/api/v1/scores', { params: { query: { period: 'today' } } }))
  .data, 'scores');
const votesOfRow: number = scores.rows.reduce((most, { votes }) => Math.max(most, votes), 0);

const span = { from: 0, to: 9_000_000_000_000 };
const votes = require((await admin.GET('/api/v1/votes', { params: { query: span } })).data, 'votes');
const rating: 'satisfied' | 'basically' | 'unsatisfied' | undefined = Array.isArray(votes)
  ? votes[0]?.rating
  : undefined;
const csv = await admin.GET('/api/v1/votes', {
  params: { query: { ...span, format: 'csv' } },
  parseAs: 'text',
});
const metrics: string = require((await admin.GET('/metrics', { parseAs: 'text' })).data, 'metrics');

const refused = await wall.DELETE('/api/v1/links/{id}', { params: { path: { id: link.id } } });
const code = require(refused.error, 'a refusal').error.code;
// Every code is spelt out: one that the description does not know would not compile.
const isExpected: boolean = code === 'role-insufficient';
const missing = await admin.DELETE('/api/v1/sessions/{id}', { params: { path: { id: 's-nothing' } } });
const isMissing: boolean = missing.error?.error.code === 'session-unknown';
const revoked = await admin.DELETE('/api/v1/links/{id}', { params: { path: { id: link.id } } });

console.log(
  JSON.stringify({
    ...{ alive, role, state, votesOfRow, rating, isExpected, isMissing },
    csvLines: String(csv.data).trim().split('\r\n').length,
    counted: metrics.includes('manyi_votes_stored_total 1'),
    revoked: revoked.response.status,
  }),
);
