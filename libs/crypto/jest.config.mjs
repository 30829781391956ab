import preset from '../../jest.preset.mjs';

export default { ...preset, displayName: 'crypto', rootDir: import.meta.dirname };
