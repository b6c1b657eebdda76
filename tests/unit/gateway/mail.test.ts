/** Alerts by mail, to a real SMTP server that takes, refuses, stalls, and goes. */
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCourier } from '../../../gateway/alerts/delivery/courier.ts';
import type { DeliveryBody } from '../../../gateway/alerts/delivery/delivery-body.ts';
import { createSendMail, type MailServer, type SendMail } from '../../../gateway/alerts/delivery/mail.ts';
import { createMailText } from '../../../gateway/alerts/delivery/mail-text.ts';
import { createTargetDesk } from '../../../gateway/alerts/delivery/target-desk.ts';
import { readConfig } from '../../../gateway/config.ts';
import { isMailAddress } from '../../../gateway/domain/mail-address.ts';
import { createZonedTime } from '../../../gateway/domain/zoned-time.ts';
import type { By } from '../../../gateway/store/changes.ts';
import { createSeal } from '../../../gateway/store/seal.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { ALERT_KINDS, type AlertItem } from '../../../protocol/alert.ts';
import { type SmtpOptions, startSmtpServer } from '../../support/smtp.ts';
import { createStoreHome } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

const BY: By = { actor: { kind: 'account', name: 'admin' }, origin: '10.0.0.1' };
const NOW = 1_795_000_000_000;
const FROM = 'manyi@example.org';
const MESSAGE = {
  ...{ to: 'chief@example.org', id: 'ad-1', about: 'a-1', subject: '满意', text: '你好' },
  at: new Date(NOW),
};
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(options: SmtpOptions = {}) {
  const smtp = await startSmtpServer(options);
  closers.push(smtp.close);
  const { encryption = 'tls', account = null } = options;
  const server: MailServer = {
    ...{ host: '127.0.0.1', port: smtp.port, encryption, account, authorities: smtp.authority, from: FROM },
  };
  return { smtp, server, send: createSendMail(server, 5_000) };
}
/** Says whatever it is told to, to whoever comes. */
async function speak(with_: (socket: Socket) => void, timeoutMs = 300): Promise<SendMail> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    with_(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const plain = { host: '127.0.0.1', port, encryption: 'none', account: null, authorities: null, from: FROM };
  return createSendMail(plain as MailServer, timeoutMs);
}

describe('a mail', () => {
  it.each(['tls', 'starttls', 'none'] as const)('is taken by a server with %s', async (encryption) => {
    const account = encryption === 'none' ? undefined : { user: 'manyi', password: 's3cret of 满意' };
    const { smtp, send } = await listen({ encryption, ...(account && { account }) });
    await send(MESSAGE);
    expect(smtp.mails).toMatchObject([
      {
        ...{ from: FROM, to: ['chief@example.org'], text: expect.stringMatching(/^你好\n*$/) },
        ...{ secure: encryption !== 'none', user: account?.user ?? null },
      },
    ]);
    const headers = Object.fromEntries(smtp.mails[0]?.headers ?? []);
    expect(headers).toMatchObject({
      ...{ subject: '满意', 'message-id': '<ad-1@example.org>', references: '<a-1@example.org>' },
      ...{ 'auto-submitted': 'auto-generated', to: 'chief@example.org', from: FROM },
      date: new Date(NOW).toUTCString().replace('GMT', '+0000'),
    });
  });

  it('goes nowhere unencrypted, nor to a server that nobody knows', async () => {
    const plain = await listen({ encryption: 'none' });
    await expect(
      createSendMail({ ...plain.server, encryption: 'starttls' }, 5_000)(MESSAGE),
    ).rejects.toMatchObject({
      code: 'mail-not-encrypted',
    });
    for (const encryption of ['tls', 'starttls'] as const) {
      const { smtp, server } = await listen({ encryption });
      for (const authorities of [null, (await startAnother()).authority])
        await expect(createSendMail({ ...server, authorities }, 5_000)(MESSAGE)).rejects.toMatchObject({
          ...{ code: 'mail-not-encrypted', message: expect.stringContaining('certificate') },
        });
      expect(smtp.mails).toEqual([]);
    }
    expect(plain.smtp.mails).toEqual([]);
  });
  const startAnother = async () => {
    const { smtp } = await listen();
    return smtp;
  };

  it('that is refused says why, and whether it is worth trying again', async () => {
    let answer: { code: number; text: string } | null = { code: 550, text: '5.1.1 no such person' };
    const { send } = await listen({ answerTo: () => answer });
    await expect(send(MESSAGE)).rejects.toMatchObject({
      ...{ code: 'mail-refused', message: '550 5.1.1 no such person', next: { isFinal: true } },
    });
    answer = { code: 451, text: 'come again' };
    await expect(send(MESSAGE)).rejects.toMatchObject({
      ...{ code: 'mail-deferred', message: '451 come again', next: { isFinal: false } },
    });
    answer = null;
    const full = await listen({ answerMail: () => ({ code: 552, text: 'too much' }) });
    await expect(full.send(MESSAGE)).rejects.toMatchObject({ code: 'mail-refused', next: { isFinal: true } });
  });

  it('never tells its password, even where the server does', async () => {
    const account = { user: 'manyi', password: 'right' };
    const { server } = await listen({ account });
    const wrong = createSendMail({ ...server, account: { ...account, password: 'wr0ng-secret' } }, 5_000);
    const failure: unknown = await wrong(MESSAGE).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'mail-auth-refused', message: '535', next: { isFinal: false } });
    const anonymous = createSendMail({ ...server, account: null }, 5_000);
    await expect(anonymous(MESSAGE)).rejects.toMatchObject({ code: 'mail-auth-refused', message: '530' });
  });

  it('waits for no server: one that says nothing, drips, talks without end, or has gone', async () => {
    await expect((await speak(() => {}))(MESSAGE)).rejects.toMatchObject({ code: 'mail-timeout' });
    const drip = await speak((socket) => {
      const timer = setInterval(() => socket.write('2'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    await expect(drip(MESSAGE)).rejects.toMatchObject({ code: 'mail-timeout' });
    const endless = await speak((socket) => {
      const more = () => void (socket.writable && socket.write('220-x'.repeat(10_000), more));
      more();
    }, 5_000);
    await expect(endless(MESSAGE)).rejects.toMatchObject({ code: 'mail-unreachable' });
    const rude = await speak((socket) => void socket.end('554 no service here\r\n'), 5_000);
    await expect(rude(MESSAGE)).rejects.toMatchObject({ code: 'mail-unreachable', next: { isFinal: false } });
    const { smtp, send } = await listen();
    await smtp.close();
    await expect(send(MESSAGE)).rejects.toMatchObject({ code: 'mail-unreachable' });
  });
});

describe('the text of a mail', () => {
  const zoned = createZonedTime('Asia/Shanghai');
  const alert: AlertItem = {
    ...{ id: 'a-1', kind: 'unsatisfied', state: 'open', node: 'window:w1', name: '3号窗口', unitId: 'east' },
    ...{ isUrgent: true, begin: NOW - 60_000, last: NOW, times: 3, end: null, detail: {} },
    ...{ acknowledgedAt: null, acknowledgedBy: null, closedBy: null, closedWhy: null },
  };
  const body = (
    some: Partial<AlertItem> = {},
    event: DeliveryBody['event'] = 'alert.opened',
  ): DeliveryBody => ({
    ...{ id: 'ad-1', event, at: NOW, path: ['云岭市', '东区'] },
    alert: event === 'test' ? null : { ...alert, ...some },
  });
  const text = createMailText({ zoned, publicAddress: null });

  it('says what, where and since when, in Chinese and in English', () => {
    expect(text('zh', body())).toEqual({
      subject: '[满意] 紧急 不满意评价：东区 / 3号窗口',
      text: [
        ...['紧急 不满意评价', '', '位置：云岭市 / 东区 / 3号窗口', '开始：2026-11-18 19:05 (+08:00)'],
        ...['最近：2026-11-18 19:06 (+08:00)', '次数：3', '告警编号：a-1', ''],
        '本邮件由满意系统自动发出，请勿回复。',
      ].join('\n'),
    });
    const ended = { end: NOW, closedBy: 'account:li', closedWhy: '已整改', isUrgent: false };
    const { subject, text: said } = text('en', body(ended, 'alert.closed'));
    expect(subject).toBe('[Manyi] Ended Unsatisfied vote: 东区 / 3号窗口');
    expect(said).toContain('Closed by: account:li\nWhy: 已整改\n');
    expect(text('zh', body({}, 'test'))).toMatchObject({ subject: '[满意] 测试邮件' });
  });

  it('has the figures of every kind, cut off as they are shown', () => {
    const rate = { rate: 0.849_99, target: 0.85, upper: 0.849, satisfied: 80, basically: 5, unsatisfied: 15 };
    const figures = (some: Partial<AlertItem>) => /^Figures: (.*)$/m.exec(text('en', body(some)).text)?.[1];
    expect(figures({ kind: 'rate-under-target', detail: rate })).toBe(
      'rate 84.9 %, target 85.0 %, 100 votes',
    );
    expect(figures({ kind: 'unsatisfied-rising', detail: { sum: 22, height: 22 } })).toBe(
      'sum 22, height 22',
    );
    expect(figures({ kind: 'terminal-silent', detail: { terminals: 9, silent: 8 } })).toBe(
      '8 of 9 terminals are silent',
    );
    expect(figures({ kind: 'votes-pending', detail: { pending: 4 } })).toBe('4 votes');
    expect(figures({ kind: 'review-waiting', detail: { votes: 4 } })).toBe('4 votes');
    for (const kind of ALERT_KINDS)
      for (const language of ['zh', 'en'] as const)
        expect(text(language, body({ kind })).subject).not.toContain('undefined');
  });

  it('leads to the pages only where somebody has said where they are', () => {
    const linked = createMailText({ zoned, publicAddress: 'https://manyi.example.org/m' });
    expect(linked('en', body()).text).toContain('\nSee: https://manyi.example.org/m/\n');
    expect(text('en', body()).text).not.toContain('http');
  });

  it('is of one line where names are hostile, and becomes no header', async () => {
    const name = '窗口\r\nBcc: thief@example.org\r\n\r\n<b>\u202egnp\u2028.'.repeat(20);
    const said = text('zh', body({ name, closedWhy: name, closedBy: name }, 'alert.closed'));
    expect(said.subject).not.toMatch(/[\r\n\u2028\u202e]/);
    expect([...said.subject].length).toBeLessThan(500);
    const { smtp, send } = await listen();
    await send({ ...MESSAGE, ...said });
    // Even what nobody has cleaned.
    await send({ ...MESSAGE, subject: name, text: name });
    for (const { headers, to, raw } of smtp.mails) {
      expect(to).toEqual(['chief@example.org']);
      expect(headers.has('bcc')).toBe(false);
      expect(raw.split('\r\n\r\n')[0]).not.toMatch(/^bcc/im);
    }
    expect(smtp.mails).toHaveLength(2);
  });
});

describe('an address of mail', () => {
  it.each(['a@b', 'first.last+tag@sub.example.org', "o'hara@example.org"])('%s is one', (one) => {
    expect(isMailAddress(one)).toBe(true);
  });
  it.each([
    ...['', 'a', '@b', 'a@', 'a@b@c', 'a b@c', 'a@b\r\nRCPT TO:<c@d>', 'a@b>', '"a"@b', 'A <a@b>', 'a@b,c@d'],
    ...[
      '.a@b',
      'a.@b',
      'a..b@c',
      'a@-b',
      'a@b.',
      'a@[127.0.0.1]',
      '满@b',
      `${'a'.repeat(65)}@b`,
      `a@${'b.'.repeat(130)}c`,
    ],
  ])('%j is none', (one) => {
    expect(isMailAddress(one)).toBe(false);
  });
});

describe('settings of mail', () => {
  const all = { MANYI_SMTP_SERVER: 'smtps://mail.example.org', MANYI_MAIL_FROM: FROM };
  const read = (some: Record<string, string>) => readConfig({ ...all, ...some });
  it('name a server, and how it is spoken to', () => {
    const server = (text: string) => read({ MANYI_SMTP_SERVER: text }).smtpServer;
    expect(server('smtps://mail.example.org')).toEqual({
      host: 'mail.example.org',
      port: 465,
      encryption: 'tls',
    });
    expect(server('smtp://10.0.0.5:2525/')).toEqual({ host: '10.0.0.5', port: 2525, encryption: 'starttls' });
    expect(server('smtp+plain://[::1]')).toEqual({ host: '::1', port: 25, encryption: 'none' });
    for (const host of ['localhost', '127.0.0.1', '127.8.0.1:2525', '[::ffff:127.0.0.1]'])
      expect(server(`smtp+plain://${host}`)).toMatchObject({ encryption: 'none' });
    expect(read({ MANYI_PUBLIC_ADDRESS: 'https://a.example/m/' }).publicAddress).toBe('https://a.example/m');
  });
  it.each([
    [{ MANYI_SMTP_SERVER: 'mail.example.org' }, /MANYI_SMTP_SERVER=mail/],
    [{ MANYI_SMTP_SERVER: 'smtps://a:b@mail.example.org' }, /without a name and a password/],
    [{ MANYI_MAIL_FROM: '' }, /set MANYI_MAIL_FROM, too/],
    [{ MANYI_SMTP_SERVER: '' }, /set MANYI_SMTP_SERVER, too/],
    [{ MANYI_MAIL_FROM: 'Manyi <a@b>' }, /MANYI_MAIL_FROM=/],
    [{ MANYI_SMTP_USER: 'a' }, /set both or neither/],
    [{ MANYI_SMTP_PASSWORD: 'b' }, /set both or neither/],
    [
      { MANYI_SMTP_SERVER: 'smtp+plain://localhost', MANYI_SMTP_USER: 'a', MANYI_SMTP_PASSWORD: 'b' },
      /which encrypt/,
    ],
    ...[
      'mail.example.org',
      '10.0.0.5',
      '128.0.0.1',
      '[::2]',
      '[::ffff:10.0.0.5]',
      'localhost.example.org',
      'a.localhost',
      '0.0.0.0',
      '2130706433',
    ].map((host): [Record<string, string>, RegExp] => [
      { MANYI_SMTP_SERVER: `smtp+plain://${host}` },
      /does not encrypt, and goes to localhost/,
    ]),
    [{ MANYI_SMTP_CA: '/nowhere.pem' }, /MANYI_SMTP_CA=/],
    [{ MANYI_PUBLIC_ADDRESS: 'ftp://a' }, /MANYI_PUBLIC_ADDRESS=/],
  ])('are refused where they cannot be: %j', (some, message) => {
    expect(() => read(some)).toThrow(message);
  });
});

describe('mail that waits to be sent', () => {
  let store: SqliteStore;
  let time: number;
  beforeEach(async () => {
    const home = createStoreHome();
    store = home.open();
    await addSmallTown(store);
    time = NOW;
    closers.push(() => {
      store.close();
      home.dispose();
    });
  });
  let ids = 0;
  const desk = (canMail = true) =>
    createTargetDesk({
      ...{
        store: store.alertTargets,
        now: () => time,
        seal: async () => createSeal(Buffer.alloc(32, 3)),
        canMail,
        holdsBack: () => false,
      },
      newId: (prefix) => `${prefix}-${++ids}`,
    });
  const person = (address = 'chief@example.org') =>
    desk().add(BY, {
      ...{ channel: 'email', name: '值班', address, unitId: 'town', kinds: null, language: 'zh' },
    });
  const courier = (send: SendMail) => {
    const text = createMailText({ zoned: createZonedTime('Asia/Shanghai'), publicAddress: null });
    return createCourier({
      ...{ store: store.alertTargets, now: () => time, chance: () => 1, gaveUp() {} },
      async send({ address, language }, _sealed, { id, body }) {
        const told = JSON.parse(body) as DeliveryBody;
        await send({ to: address, id, about: null, at: new Date(told.at), ...text(language, told) });
      },
      failed(error) {
        throw error;
      },
    });
  };
  const statesOf = async (id: string) =>
    (await desk().deliveries(1_000, id)).map(({ state, attempts, code, note }) => [
      state,
      attempts,
      code,
      note,
    ]);

  it('is kept while the server is down or defers, and sent later, once, under the same id', async () => {
    const answers: ({ code: number; text: string } | null)[] = [{ code: 421, text: 'busy' }];
    const { smtp, server } = await listen({ answerMail: () => answers.shift() ?? null });
    const { target, secret } = await person();
    expect(secret).toBeNull();
    const { delivery } = await desk().test(BY, target.id);
    const { isDue, deliver } = courier(createSendMail(server, 5_000));
    await deliver();
    expect(await statesOf(target.id)).toEqual([['waiting', 1, 'mail-deferred', '421 busy']]);
    await smtp.close();
    time += 5_000;
    await deliver();
    expect((await statesOf(target.id))[0]?.slice(0, 3)).toEqual(['waiting', 2, 'mail-unreachable']);
    const again = await startSmtpServer({ port: smtp.port });
    closers.push(again.close);
    time += 10_000;
    const back = courier(createSendMail({ ...server, authorities: again.authority }, 5_000));
    while (await back.isDue()) await back.deliver();
    expect(again.mails.map(({ headers }) => headers.get('message-id'))).toEqual([
      `<${delivery}@example.org>`,
    ]);
    expect(await statesOf(target.id)).toEqual([['sent', 3, null, null]]);
    time += 3_600_000;
    expect([await isDue(), await back.isDue()]).toEqual([false, false]);
  });

  it('is given up at once where it is refused for good, with what the server said; the next is sent', async () => {
    const answers: ({ code: number; text: string } | null)[] = [{ code: 550, text: 'no\u0007such person' }];
    const { smtp, send } = await listen({ answerTo: () => answers.shift() ?? null });
    const { target } = await person();
    await desk().test(BY, target.id);
    const { isDue, deliver } = courier(send);
    await deliver();
    expect(await statesOf(target.id)).toEqual([['given-up', 1, 'mail-refused', '550 no such person']]);
    await desk().test(BY, target.id);
    while (await isDue()) await deliver();
    expect(smtp.mails).toHaveLength(1);
  });

  it('is to addresses only, where there is a server; the audit says whose domain, not whose', async () => {
    for (const address of ['nobody', 'https://example.org', 'a@b, c@d', 'A <a@b>', 'a@b\r\nBcc: c@d'])
      await expect(person(address), address).rejects.toMatchObject({ code: 'alert-target-invalid' });
    const asked = {
      channel: 'email',
      name: 'x',
      address: 'a@b',
      unitId: null,
      kinds: null,
      language: 'zh',
    } as const;
    await expect(desk(false).add(BY, asked)).rejects.toMatchObject({ code: 'mail-not-set-up' });
    const { target } = await person('li.wei@city.example');
    await expect(desk().renewSecret(BY, target.id)).rejects.toMatchObject({ code: 'alert-target-invalid' });
    const audit = JSON.stringify(await store.audit.entries({ limit: 100 }));
    expect(audit).toContain('city.example');
    expect(audit).not.toContain('li.wei');
  });
});
