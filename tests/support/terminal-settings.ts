/** How a terminal is told who it is and where the gateway is: the one place that knows. */
import type { TerminalLogin } from './gateway.ts';

/** The agent's own settings, as its process reads them. @param port the gateway's MQTT port, or a proxy's */
export function terminalEnv(login: TerminalLogin, port: number, host = '127.0.0.1'): Record<string, string> {
  return {
    MANYI_TERMINAL: login.id,
    MANYI_IDENTITY: login.folder,
    MANYI_GATEWAY: `mqtts://${host}:${port}`,
  };
}
