/** What a workspace says about access, folded from the events of its stream. */
import type { PolicyName, WorkspaceEvent, WorkspaceProfile } from '@keytrail/contracts';
import { DEFAULT_PROFILE, unreachable } from '@keytrail/contracts';

/** A version of a policy; `source` is Cedar. */
export interface PublishedPolicy {
  readonly name: PolicyName;
  readonly version: number;
  readonly source: string;
}

export interface WorkspaceState {
  readonly exists: boolean;
  readonly profile: WorkspaceProfile;
  /** Whether two people have to ask before a quarantine ends. */
  readonly twoPersonRelease: boolean;
  /** Those in force, by name. */
  readonly policies: readonly PublishedPolicy[];
  /** The latest version that a policy ever had, withdrawn ones included. */
  readonly latestVersions: Readonly<Record<string, number>>;
}

/** By names that people choose, `constructor` among them: so it must have nothing by nature. */
const versionsWith = (versions: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.assign(Object.create(null) as Record<string, number>, versions);

export const NO_WORKSPACE: WorkspaceState = {
  exists: false,
  profile: DEFAULT_PROFILE,
  twoPersonRelease: false,
  policies: [],
  latestVersions: versionsWith({}),
};

export function evolveWorkspace(state: WorkspaceState, event: WorkspaceEvent): WorkspaceState {
  switch (event.type) {
    case 'WorkspaceCreated':
      return { ...state, exists: true };
    case 'WorkspaceConfigured': {
      const { profile = state.profile, twoPersonRelease = state.twoPersonRelease } = event.data;
      return { ...state, profile, twoPersonRelease };
    }
    case 'PolicyPublished': {
      const { name, version } = event.data;
      const others = state.policies.filter((policy) => policy.name !== name);
      return {
        ...state,
        policies: [...others, event.data].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        latestVersions: versionsWith({ ...state.latestVersions, [name]: version }),
      };
    }
    case 'PolicyWithdrawn':
      return { ...state, policies: state.policies.filter(({ name }) => name !== event.data.name) };
    default:
      return unreachable(event);
  }
}
