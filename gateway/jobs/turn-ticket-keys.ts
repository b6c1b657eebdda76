import type { Job } from './job.ts';

export type TurnTicketKeysDeps = {
  /** @returns whether there are other keys than before. */
  look(): Promise<boolean>;
  use(): void;
};

/** Keys of TLS sessions: new ones in time, and what other gateways have made. */
export const turnTicketKeys = ({ look, use }: TurnTicketKeysDeps): Job => ({
  name: 'turn-ticket-keys',
  schedule: { everyMs: 60_000 },
  async run() {
    if (await look()) use();
  },
});
