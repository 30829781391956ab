/** The vault's composition root: which parts there are, and what they are handed. */
import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AccessFlow } from './access/access.flow.js';
import { ObtainSecretsHandler } from './access/access.handler.js';
import { AccessRpc } from './access/access.rpc.js';
import { DecideRpc } from './access/decide.rpc.js';
import { ExplainAccessHandler } from './access/explain.query.js';
import { ExplainRpc } from './access/explain.rpc.js';
import { KeyRpc } from './key/key.rpc.js';
import { Keyring } from './key/keyring.js';
import { VaultKeys } from './key/vault-keys.js';
import { ChangeGrantHandler, FindGrantsHandler } from './principal/grant.handler.js';
import { GrantRpc } from './principal/grant.rpc.js';
import { GrantStore } from './principal/grant.store.js';
import { Directory } from './principal/directory.js';
import { ChangePrincipalHandler } from './principal/principal.handler.js';
import { DescribePrincipalHandler, FindPrincipalsHandler } from './principal/principal.query.js';
import { PrincipalRpc } from './principal/principal.rpc.js';
import { PrincipalStore } from './principal/principal.store.js';
import { IssueApiTokenHandler, ListApiTokensHandler, RevokeApiTokenHandler } from './principal/token.handler.js';
import { TokenRpc } from './principal/token.rpc.js';
import { MaterialCache } from './secret/material.cache.js';
import { ChangeSecretHandler } from './secret/secret.handler.js';
import { DescribeSecretHandler } from './secret/secret.query.js';
import { SecretRpc } from './secret/secret.rpc.js';
import { AuthenticationFailures } from './session/authentication-failures.js';
import { Recognition } from './session/recognition.js';
import { OpenSessionHandler } from './session/session.handler.js';
import { AuthenticateCallerHandler, IntrospectSessionHandler } from './session/session.query.js';
import { SessionRpc } from './session/session.rpc.js';
import { SessionStore } from './session/session.store.js';
import { DATABASE, JOURNAL, ROOMS, STREAMS } from './vault.ports.js';
import type { VaultRooms } from './vault.rooms.js';
import { ChangePolicyHandler, GetPolicyHandler, ListPoliciesHandler } from './workspace/policy.handler.js';
import { PolicyRpc } from './workspace/policy.rpc.js';
import { ChangeWorkspaceHandler, DescribeWorkspaceHandler } from './workspace/workspace.handler.js';
import { WorkspaceRpc } from './workspace/workspace.rpc.js';

@Module({})
export class VaultModule {
  static with(rooms: VaultRooms): DynamicModule {
    return {
      module: VaultModule,
      imports: [CqrsModule.forRoot()],
      controllers: [
        WorkspaceRpc,
        PolicyRpc,
        SecretRpc,
        AccessRpc,
        DecideRpc,
        ExplainRpc,
        KeyRpc,
        SessionRpc,
        PrincipalRpc,
        GrantRpc,
        TokenRpc,
      ],
      providers: [
        { provide: ROOMS, useValue: rooms },
        { provide: DATABASE, useValue: rooms.database },
        { provide: JOURNAL, useValue: rooms.journal },
        { provide: STREAMS, useValue: rooms.streams },
        { provide: Keyring, useValue: rooms.keyring },
        { provide: VaultKeys, useValue: rooms.vaultKeys },
        { provide: PrincipalStore, useValue: rooms.principals },
        { provide: GrantStore, useValue: rooms.grants },
        { provide: Directory, useValue: rooms.directory },
        { provide: Recognition, useValue: rooms.recognition },
        { provide: MaterialCache, useValue: rooms.material },
        { provide: SessionStore, useValue: rooms.sessions },
        { provide: AuthenticationFailures, useValue: rooms.failures },
        AccessFlow,
        ChangeWorkspaceHandler,
        DescribeWorkspaceHandler,
        ChangePolicyHandler,
        ListPoliciesHandler,
        GetPolicyHandler,
        ChangeSecretHandler,
        DescribeSecretHandler,
        ObtainSecretsHandler,
        ExplainAccessHandler,
        OpenSessionHandler,
        AuthenticateCallerHandler,
        IntrospectSessionHandler,
        ChangePrincipalHandler,
        DescribePrincipalHandler,
        FindPrincipalsHandler,
        ChangeGrantHandler,
        FindGrantsHandler,
        IssueApiTokenHandler,
        RevokeApiTokenHandler,
        ListApiTokensHandler,
      ],
    };
  }
}
