/** The heap of a running Node process, without what is garbage already. */
import WebSocket from 'ws';
import { until } from './wait.ts';

/** For the environment of the process; its log then says where it listens. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

export type Inspector = {
  /** Bytes in use after a full collection. */
  heapUsed(): Promise<number>;
  close(): void;
};

export async function inspect(log: () => string): Promise<Inspector> {
  const url = await until('the inspector', () => /Debugger listening on (ws:\S+)/.exec(log())?.[1]);
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let lastId = 0;
  const call = <T>(method: string, params: object = {}) =>
    new Promise<T>((resolve, reject) => {
      const id = ++lastId;
      const onMessage = (data: WebSocket.RawData) => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: T; error?: { message: string } };
        if (answer.id !== id) return;
        socket.off('message', onMessage);
        if (answer.error) reject(new Error(answer.error.message));
        else resolve(answer.result as T);
      };
      socket.on('message', onMessage);
      socket.send(JSON.stringify({ id, method, params }));
    });
  return {
    async heapUsed() {
      await call('HeapProfiler.collectGarbage');
      return (await call<{ usedSize: number }>('Runtime.getHeapUsage')).usedSize;
    },
    close: () => socket.terminate(),
  };
}
