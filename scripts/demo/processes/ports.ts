import { type AddressInfo, createServer } from 'node:net';

/** @returns a sentence for every port that cannot be had */
export async function findTakenPorts(ports: { flag: string; port: number }[]): Promise<string[]> {
  const found = await Promise.all(
    ports.map(async ({ flag, port }) => {
      const code = port === 0 ? null : await whyNot(port);
      if (code === null) return null;
      const other = `Choose another with ${flag}, or 0 for any free one.`;
      if (code === 'EADDRINUSE') return `port ${port} is in use. ${other}`;
      if (code === 'EACCES')
        return `port ${port} is not for this user: those below 1024 are for root. ${other}`;
      return `port ${port} cannot be used (${code}). ${other}`;
    }),
  );
  return found.filter((sentence) => sentence !== null);
}

/** The system's code for why nobody can listen there; null where one can. */
function whyNot(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(null)));
  });
}

/** One for a program that cannot say which it was given. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
