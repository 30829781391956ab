import preset from '../../jest.preset.mjs';

export default { ...preset, displayName: 'eventsourcing', rootDir: import.meta.dirname };
