/** What the gateway says, read and validated once: everything behind this may trust its shape. */
import { Compile } from 'typebox/compile';
import { Ack } from '../../protocol/ack.ts';
import { Command } from '../../protocol/command.ts';
import { TerminalConfig } from '../../protocol/config.ts';
import { CertificateAnswer } from '../../protocol/identity.ts';
import { GatewayStatus } from '../../protocol/status.ts';
import { GATEWAY_STATUS_TOPIC, parseTopic } from '../../protocol/topics.ts';

export type Incoming =
  | { kind: 'ack'; ack: Ack }
  | { kind: 'gateway'; status: GatewayStatus }
  | { kind: 'config'; config: TerminalConfig }
  | { kind: 'command'; command: Command }
  | { kind: 'certificate'; answer: CertificateAnswer }
  | { kind: 'invalid'; code: 'not-json' | 'foreign-topic' | 'wrong-shape' };

const acks = Compile(Ack);
const statuses = Compile(GatewayStatus);
const configs = Compile(TerminalConfig);
const commands = Compile(Command);
const answers = Compile(CertificateAnswer);

export function readIncoming(terminalId: string, topic: string, payload: Buffer): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    return { kind: 'invalid', code: 'not-json' };
  }
  if (topic === GATEWAY_STATUS_TOPIC) {
    return statuses.Check(value)
      ? { kind: 'gateway', status: value }
      : { kind: 'invalid', code: 'wrong-shape' };
  }
  const address = parseTopic(topic);
  if (address?.terminalId !== terminalId) return { kind: 'invalid', code: 'foreign-topic' };
  if (address.kind === 'ack' && acks.Check(value)) return { kind: 'ack', ack: value };
  if (address.kind === 'config' && configs.Check(value)) return { kind: 'config', config: value };
  if (address.kind === 'command' && commands.Check(value)) return { kind: 'command', command: value };
  if (address.kind === 'certificate' && answers.Check(value)) return { kind: 'certificate', answer: value };
  return { kind: 'invalid', code: 'wrong-shape' };
}
