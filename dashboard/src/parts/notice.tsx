import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icons.tsx';

export type Tone = 'good' | 'plain' | 'bad' | 'wait';

const ICONS: Record<Tone, IconName> = { good: 'check', plain: 'info', bad: 'warning', wait: 'clock' };

type NoticeProps = {
  tone: Tone;
  title: string;
  icon?: IconName;
  testId: string;
  children?: ComponentChildren;
};

/** What has happened and what to do: a shape and words beside the colour. Put it into a live region. */
export function Notice({ tone, title, icon = ICONS[tone], testId, children }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone} data-testid={testId}>
      <Icon name={icon} />
      <div class="notice-text">
        <strong>{title}</strong>
        {children}
      </div>
    </div>
  );
}
