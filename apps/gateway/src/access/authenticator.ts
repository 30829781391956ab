/** Who a request over HTTP comes from. */
import type { Principal } from '@keytrail/contracts';

/** `onBehalfOf` is absent where the credential stands for nobody but the gateway itself. */
export interface Caller {
  readonly onBehalfOf?: Principal;
}

/** Answers who presents a bearer token, or null where the token is not valid. */
export interface Authenticator {
  authenticate(token: string): Promise<Caller | null>;
}
