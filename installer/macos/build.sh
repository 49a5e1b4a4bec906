#!/usr/bin/env bash
# Builds TumorDesk.app and a disk image. Run in a checkout, on macOS 14 or newer (Apple silicon).
#
#   installer/macos/build.sh
#
# Signing and notarisation need an Apple developer account. Without these variables the app is only
# signed for this machine, and other Macs will refuse it until it is allowed in System Settings:
#   SIGN_IDENTITY   "Developer ID Application: Name (TEAMID)", a certificate in the keychain
#   NOTARY_PROFILE  a profile that 'xcrun notarytool store-credentials' has kept
# The libraries, both programs and the app are signed while they are frozen (tumordesk.spec).
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-python3}"
export PYINSTALLER_STRICT_BUNDLE_CODESIGN_ERROR=1
"$python" -B installer/bootstrap.py installer --args="--variant cpu --only freeze"
version=$(cd installer && "$python" -c "from product import program_version; print(program_version())")
work="build/installer-cpu"
app="$work/dist/TumorDesk.app"
codesign --verify --deep --strict "$app"

stage="$work/dmg"
rm -rf "$stage"
mkdir -p "$stage" dist
ditto "$app" "$stage/TumorDesk.app"
ln -s /Applications "$stage/Applications"
image="dist/TumorDesk-$version-macos-arm64.dmg"
rm -f "$image"
hdiutil create -volname "TumorDesk $version" -srcfolder "$stage" -format ULMO -quiet "$image"
if [ -n "${SIGN_IDENTITY:-}" ]; then
    codesign --force --timestamp --sign "$SIGN_IDENTITY" "$image"
fi
if [ -n "${NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
echo "$image"
