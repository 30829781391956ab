import preset from '../jest.preset.mjs';

export default { ...preset, displayName: 'scripts', rootDir: import.meta.dirname };
