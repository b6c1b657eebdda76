import type { Session } from '../../../protocol/session.ts';
import { Icon } from '../parts/icons.tsx';
import type { AccountMessages } from './messages.ts';
import { formatMoment } from './moments.ts';

type IdentityProps = {
  session: Session;
  unitName: string | null;
  text: AccountMessages;
  onSignOut: () => void;
};

export function Identity({ session, unitName, text, onSignOut }: IdentityProps) {
  const { account, expiresAt } = session;
  const rows: [string, string][] = [
    [text.name, account.name],
    [text.role, account.role === 'wall' ? '' : text.roles[account.role]],
    [text.unit, account.unitId === null ? text.wholeCity : (unitName ?? account.unitId)],
    [text.sessionUntil, formatMoment(expiresAt, text.locale)],
  ];
  return (
    <section class="card card-identity" aria-label={text.heading}>
      <div class="identity-top">
        <span class="avatar" aria-hidden="true">
          {[...account.displayName][0] ?? '·'}
        </span>
        <div>
          <p class="identity-hint">{text.heading}</p>
          <h1>{account.displayName}</h1>
        </div>
      </div>
      <dl class="identity-rows">
        {rows.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="edge-button" onClick={onSignOut} data-testid="sign-out">
        <Icon name="leave" />
        {text.signOut}
      </button>
    </section>
  );
}
