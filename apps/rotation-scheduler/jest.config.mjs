import preset from '../../jest.preset.mjs';

export default { ...preset, displayName: 'rotation-scheduler', rootDir: import.meta.dirname };
