// What the package has binaries for: each platform with each of these LibTorch versions. The workflow `prebuild` makes them.
export const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'];
export const LIBTORCHS = ['2.14', '2.13', '1.13'];
