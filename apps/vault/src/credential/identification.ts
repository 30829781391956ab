/** What each kind of credential comes down to: whose it is, or why it is nobody's. */
import type {
  AuthenticationFailure,
  CredentialType,
  OutsideName,
  Principal,
  Scope,
  TokenId,
} from '@keytrail/contracts';
import type { RegisteredPrincipal } from '@keytrail/access';
import type { KnownToken } from '../principal/principal.store.js';

/** What authentication asks about principals; the directory answers. */
export interface Principals {
  /** As it stands now. */
  of(principal: Principal): Promise<{ readonly state: RegisteredPrincipal } | null>;
  byToken(tokenId: TokenId): Promise<KnownToken | null>;
  byOutsideName(name: OutsideName): Promise<Principal | null>;
  byNkey(publicKey: string): Promise<Principal | null>;
  /** Neither throws nor waits. */
  used(tokenId: TokenId): void;
}

/** `tokenId` names a token that there is, whoever showed it. */
export interface Unidentified {
  readonly ok: false;
  readonly reason: AuthenticationFailure;
  readonly tokenId?: TokenId;
}

/** The credential is truly this principal's; whether the principal may still use it is another question. */
export interface Identified {
  readonly ok: true;
  readonly principal: Principal;
  readonly type: CredentialType;
  readonly tokenId?: TokenId;
  /** When the credential itself ends, in epoch milliseconds; null where it does not say. */
  readonly expiresAtMs: number | null;
}

export type Identification = Identified | Unidentified;

/** `expiresAtMs` in epoch milliseconds; null where the credential is good until it is withdrawn. */
export interface Verified extends Omit<Identified, 'ok'> {
  /** Absent where the credential does not narrow down what its principal may. */
  readonly scopes?: readonly Scope[];
}

export type Verification = { readonly ok: true; readonly verified: Verified } | Unidentified;
