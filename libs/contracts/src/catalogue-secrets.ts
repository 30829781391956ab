/** The vault's events about workspaces, their policies and secrets, and about who obtained or was denied what. */
import { type AccessEvent, OperationDeniedData, SecretAccessDeniedData, SecretDecryptedData } from './access.js';
import type { EventDeclaration } from './event-declaration.js';
import { PolicyPublishedData, PolicyWithdrawnData } from './policy.js';
import {
  SecretCreatedData,
  SecretDeletedData,
  SecretDisabledData,
  SecretEnabledData,
  type SecretEvent,
  SecretQuarantinedData,
  SecretReleasedData,
  SecretReleaseRequestedData,
  SecretRevokedData,
  SecretUndeletedData,
  SecretVersionAddedData,
} from './secret.js';
import { WorkspaceConfiguredData, WorkspaceCreatedData, type WorkspaceEvent } from './workspace.js';

const vault = { service: 'vault' } as const;
const secret = { ...vault, aggregate: 'secret' } as const;
const workspace = { ...vault, aggregate: 'workspace' } as const;

export const SECRET_EVENTS = {
  WorkspaceCreated: {
    ...vault,
    aggregate: 'workspace',
    action: 'create',
    says: 'A workspace was made, with a key of its own.',
    data: WorkspaceCreatedData,
  },
  WorkspaceConfigured: {
    ...workspace,
    action: 'workspace_configured',
    says: 'It was laid down who changes secrets in a workspace, and how many people it takes to end a quarantine.',
    data: WorkspaceConfiguredData,
  },
  PolicyPublished: {
    ...workspace,
    action: 'policy_published',
    says: 'A version of a policy of the workspace came into force in place of the one before.',
    data: PolicyPublishedData,
  },
  PolicyWithdrawn: {
    ...workspace,
    action: 'policy_withdrawn',
    says: 'A policy of the workspace is no longer in force.',
    data: PolicyWithdrawnData,
  },
  SecretCreated: {
    ...vault,
    aggregate: 'secret',
    action: 'create',
    says: 'A secret was stored with its first version.',
    data: SecretCreatedData,
  },
  SecretVersionAdded: {
    ...vault,
    aggregate: 'secret',
    action: 'update',
    says: 'A new version was stored; it is the current one, and re-authorises a revoked secret.',
    data: SecretVersionAddedData,
  },
  SecretRevoked: {
    ...vault,
    aggregate: 'secret',
    action: 'revoke',
    says: 'Every version up to this one was withdrawn, for good.',
    data: SecretRevokedData,
  },
  SecretDisabled: {
    ...secret,
    action: 'disable',
    says: 'A secret was switched off: none of its versions is released until it is enabled.',
    data: SecretDisabledData,
  },
  SecretEnabled: { ...secret, action: 'enable', says: 'A disabled secret was switched on.', data: SecretEnabledData },
  SecretDeleted: {
    ...secret,
    action: 'delete',
    says: 'A secret was deleted: none of its versions is released, and it can be undeleted.',
    data: SecretDeletedData,
  },
  SecretUndeleted: {
    ...secret,
    action: 'undelete',
    says: 'A deleted secret was brought back as it was.',
    data: SecretUndeletedData,
  },
  SecretQuarantined: {
    ...secret,
    action: 'quarantine',
    says: 'A secret is held back, from everybody or from one principal, until it is released or the time has come.',
    data: SecretQuarantinedData,
  },
  SecretReleaseRequested: {
    ...secret,
    action: 'release_requested',
    says: 'Somebody has asked to end a quarantine, which takes another person who asks for it too.',
    data: SecretReleaseRequestedData,
  },
  SecretReleased: {
    ...secret,
    action: 'release',
    says: 'A quarantine of a secret was ended.',
    data: SecretReleasedData,
  },
  SecretDecrypted: {
    ...vault,
    aggregate: 'access',
    action: 'decrypt',
    says: 'A value was released; the event was durable before the value left.',
    data: SecretDecryptedData,
  },
  SecretAccessDenied: {
    ...vault,
    aggregate: 'access',
    action: 'access_denied',
    says: 'Attempts to obtain a value were refused.',
    data: SecretAccessDeniedData,
  },
  OperationDenied: {
    ...vault,
    aggregate: 'access',
    action: 'access_denied',
    says: 'Somebody asked for a change, a list or an answer that they may not have.',
    data: OperationDeniedData,
  },
} as const satisfies Record<(WorkspaceEvent | SecretEvent | AccessEvent)['type'], EventDeclaration>;
