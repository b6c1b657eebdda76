import { createServer } from 'node:net';

/** @returns a sentence for every port that somebody else has */
export async function findTakenPorts(ports: { flag: string; port: number }[]): Promise<string[]> {
  const found = await Promise.all(
    ports.map(async ({ flag, port }) =>
      port === 0 || (await isFree(port))
        ? null
        : `port ${port} is in use. Choose another with ${flag}, or 0 for any free one.`,
    ),
  );
  return found.filter((sentence) => sentence !== null);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
