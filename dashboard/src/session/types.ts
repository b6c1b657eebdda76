export type Account = { name: string; displayName: string; role: string; unitId: string | null };
export type Session = { account: Account; mustChangePassword: boolean; expiresAt: number };
export type SessionRow = {
  id: string;
  account: string;
  createdAt: number;
  lastUsedAt: number;
  address: string;
  userAgent: string;
  current: boolean;
};
