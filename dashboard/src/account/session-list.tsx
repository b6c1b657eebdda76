import type { SessionItem } from '../../../protocol/session.ts';
import { Icon } from '../parts/icons.tsx';
import type { AccountModel } from './account.ts';
import { readDevice } from './devices.ts';
import type { AccountMessages } from './messages.ts';
import { formatLastUsed, formatMoment } from './moments.ts';

type SessionListProps = { account: AccountModel; text: AccountMessages };

export function SessionList({ account, text }: SessionListProps) {
  const rows = account.rows.value;
  const others = (rows ?? []).filter(({ current }) => !current).map(({ id }) => id);
  return (
    <section class="card card-sessions" aria-label={text.sessions} aria-busy={rows === null}>
      <div class="card-head">
        <div>
          <h2>{text.sessions}</h2>
          <p class="card-hint">{others.length === 0 && rows !== null ? text.onlyThis : text.sessionsHint}</p>
        </div>
        {others.length > 0 && (
          <button
            type="button"
            class="edge-button"
            onClick={() => account.end(others)}
            data-testid="end-others"
          >
            {text.endOthers(others.length)}
          </button>
        )}
      </div>
      <ul class="sessions">
        {rows?.map((row) => (
          <SessionRow key={row.id} row={row} account={account} text={text} />
        ))}
      </ul>
    </section>
  );
}

type SessionRowProps = { row: SessionItem; account: AccountModel; text: AccountMessages };

function SessionRow({ row, account, text }: SessionRowProps) {
  const { browser, system, kind } = readDevice(row.userAgent);
  const device =
    browser !== null && system !== null
      ? text.on(browser, system)
      : (browser ?? system ?? text.unknownDevice);
  const ending = account.ending.value.has(row.id);
  return (
    <li class="session" data-testid="session" data-current={row.current}>
      <Icon name={kind} />
      <div class="session-what">
        <p class="session-device">
          {device}
          {row.current && <span class="session-current">{text.current}</span>}
        </p>
        <dl>
          <div>
            <dt>{text.address}</dt>
            <dd>{row.address}</dd>
          </div>
          <div>
            <dt>{text.lastUsed}</dt>
            <dd>{formatLastUsed(row.lastUsedAt, account.now(), text)}</dd>
          </div>
          <div>
            <dt>{text.signedIn}</dt>
            <dd>{formatMoment(row.createdAt, text.locale)}</dd>
          </div>
        </dl>
      </div>
      {!row.current && (
        <button
          type="button"
          class="edge-button"
          aria-label={text.endNamed(device)}
          aria-busy={ending}
          disabled={ending}
          onClick={() => account.end([row.id])}
        >
          {ending ? text.ending : text.end}
        </button>
      )}
    </li>
  );
}
