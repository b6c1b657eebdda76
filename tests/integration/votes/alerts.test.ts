/** Alerts with a real gateway: from the press to whoever sees to it. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertItem } from '../../../protocol/alert.ts';
import type { Rating } from '../../../protocol/vote.ts';
import { manyi } from '../../support/cli.ts';
import { addAccount, type TestClient } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import { startSmtpServer } from '../../support/smtp.ts';
import { until } from '../../support/wait.ts';

describe('alerts', () => {
  let gateway: TestGateway;
  let chief: TestClient;
  let smtp: Awaited<ReturnType<typeof startSmtpServer>>;
  let onDone = () => {};
  const terminals = new Map<string, TerminalLogin>();
  const seqs = new Map<string, number>();
  beforeAll(async () => {
    smtp = await startSmtpServer({
      encryption: 'starttls',
      account: { user: 'manyi', password: 's3cret-word' },
    });
    const folder = mkdtempSync(join(tmpdir(), 'manyi-mail-'));
    onDone = () => rmSync(folder, { recursive: true });
    const [MANYI_SMTP_CA, MANYI_SMTP_PASSWORD_FILE] = [join(folder, 'ca.pem'), join(folder, 'password')];
    writeFileSync(MANYI_SMTP_CA, smtp.authority);
    writeFileSync(MANYI_SMTP_PASSWORD_FILE, 's3cret-word\n');
    gateway = await startGateway({
      env: {
        ...{ MANYI_WEBHOOK_NETWORKS: '127.0.0.1', MANYI_PUBLIC_ADDRESS: 'https://manyi.example.org' },
        ...{ MANYI_SMTP_SERVER: `smtp://127.0.0.1:${smtp.port}`, MANYI_MAIL_FROM: 'manyi@example.org' },
        ...{ MANYI_SMTP_USER: 'manyi', MANYI_SMTP_PASSWORD_FILE, MANYI_SMTP_CA },
      },
    });
    await gateway.add((org) => {
      org.unit('city', '云岭市');
      org.unit('east', '东区', 'city');
      org.unit('west', '西区', 'city');
      for (const id of ['w1', 'w2', 'w3']) {
        org.window(id, id === 'w3' ? 'west' : 'east', `窗口${id}`);
        terminals.set(id, org.terminal(`t-${id}`, id));
      }
    });
    await until('the tree', async () => (await gateway.getJson<unknown[]>('/api/v1/windows')).length === 3);
    chief = await addAccount(gateway, { name: 'chief', role: 'unit-manager', unitId: 'east' });
  }, 60_000);
  afterAll(async () => {
    await gateway?.dispose();
    await smtp?.close();
    onDone();
  });

  const START = Date.now() - 300_000;
  const press = async (id: string, ...presses: [second: number, rating: Rating][]) => {
    const first = (seqs.get(id) ?? 0) + 1;
    seqs.set(id, first + presses.length - 1);
    const votes = presses.map(([second, rating], index) => ({
      ...vote(first + index, rating),
      at: START + second * 1_000,
      mono: 10_000 + second * 1_000,
    }));
    const terminal = terminals.get(id) as TerminalLogin;
    const sent = await publish(gateway.mqttPort, terminal, `manyi/v1/t-${id}/votes`, votesMessage(votes));
    expect(sent.code).toBe(0);
  };
  type Page = { alerts: AlertItem[]; next: number | null };
  const list = async (query = '', who: TestClient = gateway) =>
    (await who.getJson<Page>(`/api/v1/alerts${query}`)).alerts;
  const post = async (path: string, body: object, who: TestClient = gateway) => {
    const response = await who.send('POST', `/api/v1${path}`, body);
    return { status: response.status, body: await response.json() };
  };
  const setRules = async (settings: object, place: object = {}) =>
    expect((await post('/alert-rules', { ...place, settings, reason: 'test' })).status).toBe(201);

  it('are none of what citizens press before somebody has asked for them', async () => {
    await press('w1', [0, 'unsatisfied']);
    await setRules({ unsatisfied: { closesAfterMinutes: 60, isUrgent: false } }, { unit: 'east' });
    // What was pressed within the time of the rule is found, too.
    await until('the vote before', async () => (await list()).length === 1);
    await press('w3', [0, 'unsatisfied']);
    await press('w1', [10, 'satisfied'], [20, 'unsatisfied']);
    await until('the same again', async () => (await list())[0]?.times === 2);
    const [alert] = await list();
    expect(alert).toMatchObject({
      ...{ kind: 'unsatisfied', node: 'window:w1', name: '窗口w1', unitId: 'east', state: 'open' },
      ...{ begin: START, last: START + 20_000, end: null, detail: { closesAfterMinutes: 60 } },
    });
    expect(await list('?unit=west')).toEqual([]);
    // A manager stands at the counter: no single vote is told there.
    for (const query of [
      '',
      '?kind=unsatisfied',
      '?state=all&limit=1',
      '?kind=unsatisfied&state=all&limit=1',
    ])
      expect(await chief.getJson(`/api/v1/alerts${query}`), query).toEqual({ alerts: [], next: null });
    expect((await chief.send('GET', `/api/v1/alerts/${alert?.id}`)).status).toBe(404);
    const acknowledge = await chief.send('POST', `/api/v1/alerts/${alert?.id}/acknowledge`, {});
    expect(acknowledge.status).toBe(404);
    expect((await chief.send('GET', '/api/v1/alerts?unit=west')).status).toBe(404);
  });

  it('are acknowledged, commented on and closed, with who, when and why; and begin anew with what comes after', async () => {
    const [{ id } = { id: '' }] = await list();
    expect((await post(`/alerts/${id}/acknowledge`, { comment: '已派人处理' })).body).toMatchObject({
      ...{ state: 'acknowledged', acknowledgedBy: 'account:admin' },
    });
    expect((await post(`/alerts/${id}/comments`, { text: '电话回访' })).status).toBe(201);
    expect((await post(`/alerts/${id}/close`, { reason: '' })).status).toBe(400);
    const closed = await post(`/alerts/${id}/close`, { reason: '已整改' });
    expect(closed.body).toMatchObject({ state: 'closed', closedBy: 'account:admin', closedWhy: '已整改' });
    expect(await post(`/alerts/${id}/close`, { reason: 'again' })).toMatchObject({
      ...{ status: 409, body: { error: { code: 'alert-closed' } } },
    });
    const { comments } = await gateway.getJson<{ comments: { text: string; by: string }[] }>(
      `/api/v1/alerts/${id}`,
    );
    expect(comments).toMatchObject([
      { text: '已派人处理', by: 'account:admin' },
      { text: '电话回访', by: 'account:admin' },
    ]);
    const audit = await gateway.getJson<{ action: string; target: string }[]>('/api/v1/audit?limit=100');
    const lines = audit.filter(({ target }) => target === `alert:${id}`).map(({ action }) => action);
    expect(lines).toEqual(['alert.close', 'alert.comment', 'alert.acknowledge', 'alert.open']);

    await press('w1', [30, 'unsatisfied']);
    await until('another one', async () => (await list()).length === 1);
    const [next] = await list();
    expect(next?.id).not.toBe(id);
    expect(next).toMatchObject({ begin: START + 30_000, times: 1 });
    expect((await list('?state=all')).map((one) => one.id)).toEqual([next?.id, id]);
    const first = await gateway.getJson<Page>('/api/v1/alerts?state=all&limit=1');
    const second = await gateway.getJson<Page>(`/api/v1/alerts?state=all&limit=1&before=${first.next}`);
    expect(second.alerts.map((one) => one.id)).toEqual([id]);
  });

  it('are of a rising share by its sum: also of votes that come late, over a restart, and gone with votes that do not count', async () => {
    const rising = { usual: 0.05, watched: 0.15, height: 22, closesAt: 0, isUrgent: false };
    await setRules({ rising }, { window: 'w2' });
    await press('w2', [200, 'unsatisfied'], [210, 'satisfied'], [220, 'unsatisfied']);
    await gateway.stop();
    await gateway.start();
    expect((await list('?kind=unsatisfied-rising')).length).toBe(0);
    // Pressed before the others: 10, 20, 19, 29.
    await press('w2', [190, 'unsatisfied']);
    await until('the alert', async () => (await list('?kind=unsatisfied-rising')).length === 1);
    const [alert] = await list('?kind=unsatisfied-rising');
    expect(alert).toMatchObject({
      ...{ node: 'window:w2', begin: START + 220_000, times: 1 },
      detail: { sum: 22, height: 22, usual: 0.05, watched: 0.15 },
    });
    expect(
      (await post('/exclusions', { terminal: 't-w2', from: START, to: START + 205_000, reason: 'test' }))
        .status,
    ).toBe(201);
    await until('its end', async () => (await list('?kind=unsatisfied-rising&state=closed')).length === 1);
    expect((await list('?kind=unsatisfied-rising&state=closed'))[0]).toMatchObject({
      ...{ id: alert?.id, closedBy: 'gateway', closedWhy: 'ended' },
    });
  });

  it('say before what they are to be expected to do', async () => {
    const ask = (query: string, who: TestClient = gateway) =>
      who.send('GET', `/api/v1/alert-rules/preview?usual=0.05&watched=0.15${query}`);
    const preview = await (await ask('&height=22')).json();
    expect(preview).toMatchObject({ rise: 11, height: 22, windows: 3 });
    expect(preview.votesToFalseAlarm).toBeCloseTo(259.4, 1);
    expect(preview.falseAlarmsADay).toBeCloseTo(preview.votesADay / preview.votesToFalseAlarm, 9);
    const wanted = await (await ask('&alarmsADay=0.001&unit=east')).json();
    expect(wanted.windows).toBe(2);
    expect(wanted.falseAlarmsADay).toBeLessThanOrEqual(0.001);
    expect((await ask('')).status).toBe(400);
    expect(await (await ask('&height=22&unit=nowhere')).json()).toMatchObject({
      error: { code: 'unit-unknown' },
    });
    expect((await ask('&height=22', chief)).status).toBe(403);
    expect(
      await post('/alert-rules', {
        settings: { pending: { afterMinutes: 0, isUrgent: false } },
        reason: 'x',
      }),
    ).toMatchObject({
      ...{ status: 422, body: { error: { code: 'alert-rule-invalid' } } },
    });
  });

  it('are at the command line what they are over HTTP', async () => {
    const { out } = await manyi(gateway.dataDir, '--json', 'alerts', 'list', '--state', 'all');
    expect((JSON.parse(out) as AlertItem[]).map(({ id }) => id)).toEqual(
      (await list('?state=all')).map(({ id }) => id),
    );
    const [open] = await list();
    const id = open?.id as string;
    expect((await manyi(gateway.dataDir, 'alerts', 'acknowledge', id)).code).toBe(0);
    expect((await manyi(gateway.dataDir, 'alerts', 'close', id, '--reason', 'done')).code).toBe(0);
    const shown = await manyi(gateway.dataDir, '--json', 'alerts', 'show', id);
    expect(JSON.parse(shown.out)).toMatchObject({ state: 'closed', closedWhy: 'done' });
    expect((await manyi(gateway.dataDir, 'alerts', 'close', 'a-none', '--reason', 'x')).err).toContain(
      'alert-unknown',
    );
    const set = ['alerts', 'rules', 'set', 'unsatisfied=null', '--unit', 'east', '--reason', 'x'];
    expect((await manyi(gateway.dataDir, ...set)).code).toBe(0);
    const rules = await manyi(gateway.dataDir, '--json', 'alerts', 'rules', 'show', '--unit', 'east');
    expect(JSON.parse(rules.out)).toContainEqual({ kind: 'unsatisfied', rule: null, from: 'unit:east@2' });
    const asked = ['--usual', '0.05', '--watched', '0.15', '--height', '22'];
    const preview = await manyi(gateway.dataDir, '--json', 'alerts', 'rules', 'preview', ...asked);
    expect(JSON.parse(preview.out)).toMatchObject({ rise: 11, windows: 3 });
  });

  it('are told to whoever is to be told, signed; and in quiet hours nobody is', async () => {
    const heard: { headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (text) => {
        body += text;
      });
      request.on('end', () => {
        heard.push({ headers: request.headers, body });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const asked = { channel: 'webhook', name: '值班', address, unitId: 'west', kinds: ['unsatisfied'] };
    const withheld = await post('/alert-targets', asked);
    expect(withheld).toMatchObject({ status: 422, body: { error: { code: 'alert-kinds-withheld' } } });
    const privacy = { unit: 'west', settings: { isOn: false }, reason: '大厅无人旁观' };
    expect((await post('/privacy', privacy)).status).toBe(201);
    let made = withheld;
    await until('votes are shown as they come', async () => {
      made = await post('/alert-targets', asked);
      return made.status === 201;
    });
    const { target, secret } = made.body as { target: { id: string }; secret: string };
    expect(JSON.stringify(await gateway.getJson('/api/v1/alert-targets'))).not.toContain(secret);

    const unsatisfied = { closesAfterMinutes: 60, isUrgent: false };
    await setRules({ unsatisfied }, { unit: 'west' });
    await until('the alert', async () => (await list('?unit=west')).length === 1);
    await until('the word of it', () => heard.length === 1);
    const [{ headers, body } = { headers: {}, body: '' }] = heard;
    const [, t = ''] = /t=(\d+)/.exec(String(headers['manyi-signature'])) ?? [];
    expect(headers['manyi-signature']).toBe(
      `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`,
    );
    const [open] = await list('?unit=west');
    expect(JSON.parse(body)).toMatchObject({
      ...{ id: headers['manyi-delivery'], event: 'alert.opened', path: ['云岭市', '西区'] },
      alert: { id: open?.id, kind: 'unsatisfied', name: '窗口w3', state: 'open' },
    });
    await post(`/alerts/${open?.id}/close`, { reason: 'done' });
    await until('the word of its end', () => heard.length === 2);
    expect(JSON.parse(heard[1]?.body ?? '')).toMatchObject({
      event: 'alert.closed',
      alert: { closedWhy: 'done' },
    });

    const clock = (hours: number) =>
      new Date(Date.now() + (8 + hours) * 3_600_000).toISOString().slice(11, 16);
    await setRules({ unsatisfied, quiet: { from: clock(-2), to: clock(2) } }, { unit: 'west' });
    await press('w3', [40, 'unsatisfied']);
    await until('another', async () => (await list('?unit=west')).length === 1);
    const waiting = `/api/v1/alert-targets/${target.id}/deliveries`;
    const states = async () =>
      (await gateway.getJson<{ state: string; event: string }[]>(waiting)).map(({ state, event }) => [
        event,
        state,
      ]);
    expect((await states())[0]).toEqual(['alert.opened', 'waiting']);
    const [quiet] = await list('?unit=west');
    // Closed before anybody was told: nobody hears of it, whoever closes it.
    expect((await manyi(gateway.dataDir, 'alerts', 'close', quiet?.id as string, '--reason', 'x')).code).toBe(
      0,
    );
    expect(await states()).toEqual([
      ['alert.closed', 'sent'],
      ['alert.opened', 'sent'],
    ]);
    expect(heard).toHaveLength(2);
    await new Promise((resolve) => server.close(resolve));
  });

  it('are mailed, in the language of whoever gets it, once, with a link to the pages', async () => {
    const [add, rest] = [
      ['alerts', 'targets', 'add', 'chief@example.org', '--name', '科长'],
      ['--unit', 'west', '--kinds', 'unsatisfied', '--language', 'zh'],
    ];
    const added = await manyi(gateway.dataDir, '--json', ...add, ...rest);
    expect(JSON.parse(added.out)).toMatchObject({
      channel: 'email',
      address: 'chief@example.org',
      unit: 'west',
    });
    expect(added.out).not.toContain('secret');
    const { id } = JSON.parse(added.out) as { id: string };
    expect((await post(`/alert-targets/${id}/test`, {})).status).toBe(201);
    await until('the test', () => smtp.mails.length === 1);
    expect(smtp.mails[0]?.headers.get('subject')).toBe('[满意] 测试邮件');

    await setRules(
      { unsatisfied: { closesAfterMinutes: 60, isUrgent: true }, quiet: null },
      { unit: 'west' },
    );
    await press('w3', [50, 'unsatisfied']);
    await until('the mail', () => smtp.mails.length === 2);
    const [open] = await list('?unit=west');
    const [, mail] = smtp.mails;
    expect(mail).toMatchObject({
      to: ['chief@example.org'],
      from: 'manyi@example.org',
      secure: true,
      user: 'manyi',
    });
    expect(mail?.headers.get('subject')).toBe('[满意] 紧急 不满意评价：西区 / 窗口w3');
    expect(mail?.text).toContain(`告警编号：${open?.id}\n查看：https://manyi.example.org/\n`);
    expect(mail?.headers.get('references')).toBe(`<${open?.id}@example.org>`);
    await post(`/alerts/${open?.id}/close`, { reason: '已回访' });
    await until('the mail of its end', () => smtp.mails.length === 3);
    expect(smtp.mails[2]?.text).toContain('处理人：account:admin\n原因：已回访\n');
    expect(new Set(smtp.mails.map(({ headers }) => headers.get('message-id'))).size).toBe(3);
    const told = await gateway.getJson<{ state: string; note: string | null }[]>(
      `/api/v1/alert-targets/${id}/deliveries`,
    );
    expect(told.map(({ state, note }) => [state, note])).toEqual(Array(3).fill(['sent', null]));
    const said = gateway.log() + JSON.stringify(await gateway.getJson('/api/v1/alert-targets'));
    expect(said).not.toContain('s3cret-word');
  });
});
