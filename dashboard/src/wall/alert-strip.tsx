import type { LiveAlert } from '../../../protocol/live.ts';
import { useWall } from './context.ts';
import { CutName } from './cut-name.tsx';
import { formatSince } from './times.ts';

/** What somebody should look at, for whoever may see it: on one line, as many as fit on it. */
export function AlertStrip() {
  const { board, language } = useWall();
  const alerts = board.alerts.value;
  const text = language.text.value;
  if (alerts === null) return null;
  const { open, acknowledged, first } = alerts;
  return (
    <section
      class="alerts"
      data-some={open > 0}
      aria-label={text.alerts}
      aria-live="off"
      data-testid="alerts"
    >
      <h2>
        <AlertMark state={open > 0 ? 'open' : 'acknowledged'} />
        {text.alerts}
      </h2>
      <p class="alerts-count" data-testid="alerts-count">
        {open + acknowledged === 0 ? (
          text.alertsNone
        ) : (
          <>
            <b>{text.alertsOpen(open)}</b>
            {acknowledged > 0 && <span>{text.alertsSeenTo(acknowledged)}</span>}
          </>
        )}
      </p>
      <ul class="alerts-first">
        {first.map((alert) => (
          <AlertItem key={alert.id} alert={alert} />
        ))}
      </ul>
    </section>
  );
}

function AlertItem({ alert }: { alert: LiveAlert }) {
  const { board, language } = useWall();
  const text = language.text.value;
  const meta = board.meta.value;
  const unit = board.units.get(alert.unitId)?.value.name;
  const isSeenTo = alert.state === 'acknowledged';
  return (
    <li
      class="alert"
      data-testid="alert"
      data-alert-id={alert.id}
      data-state={alert.state}
      data-urgent={alert.isUrgent}
    >
      <AlertMark state={isSeenTo ? 'acknowledged' : alert.isUrgent ? 'urgent' : 'open'} />
      <b>{text.alertKinds[alert.kind]}</b>
      <span class="alert-place">
        {unit !== undefined && unit !== alert.name && (
          <small>
            <CutName name={unit} />
          </small>
        )}
        {alert.name}
      </span>
      {meta !== null && <time>{text.alertSince(formatSince(alert.begin, meta.timeZone, meta.day))}</time>}
      {alert.times > 1 && <span class="alert-times">×{alert.times}</span>}
      {isSeenTo && <small>{text.alertSeenTo}</small>}
      {alert.isUrgent && !isSeenTo && <small class="alert-urgent">{text.alertUrgent}</small>}
    </li>
  );
}

/** Told apart by its shape: a full triangle, an empty one, a tick in a ring. */
function AlertMark({ state }: { state: 'urgent' | 'open' | 'acknowledged' }) {
  if (state === 'acknowledged')
    return (
      <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.75">
        <circle cx="8" cy="8" r="6.5" />
        <path d="m5 8.2 2.2 2.3L11.2 6" />
      </svg>
    );
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden="true"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linejoin="round"
    >
      <path d="M8 1.75 15 14H1Z" fill={state === 'urgent' ? 'currentColor' : 'none'} />
      <path d="M8 6v4M8 11.4v1.2" stroke={state === 'urgent' ? 'var(--panel)' : 'currentColor'} />
    </svg>
  );
}
