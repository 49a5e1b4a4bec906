; TumorDesk for Windows, Inno Setup 6.3 or newer. Built by installer/windows/build.ps1, which writes
; product.iss (names, version, file types) from installer/product.toml beside this script.
;
; Silent:      tumordesk-setup.exe /VERYSILENT /SUPPRESSMSGBOXES /NORESTART /ALLUSERS
; One person:  tumordesk-setup.exe /CURRENTUSER        Other folder: /DIR="D:\TumorDesk"
; No open-with entries: /MERGETASKS="!associations"    Log: /LOG="setup.log"

#include "product.iss"

[Setup]
AppId={#AppGuid}
AppName={#AppName}
AppVersion={#AppVersion}
AppVerName={#AppName} {#AppVersion}
AppPublisher={#AppPublisher}
AppCopyright={#AppCopyright}
AppComments={#AppNotice}
VersionInfoVersion={#AppNumbers}
VersionInfoDescription={#AppName} set-up
DefaultDirName={autopf}\{#AppName}
DefaultGroupName={#AppName}
DisableProgramGroupPage=yes
LicenseFile={#Source}\_internal\LICENCES\TumorDesk.txt
InfoBeforeFile=before.txt
; Administrators install for everybody; others, or whoever asks for it, for themselves.
PrivilegesRequired=admin
PrivilegesRequiredOverridesAllowed=dialog commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
Compression=lzma2/normal
SolidCompression=yes
LZMAUseSeparateProcess=yes
LZMANumBlockThreads=4
DiskSpanning={#Spanning}
SetupIconFile={#Icon}
UninstallDisplayIcon={app}\tumordesk.exe
UninstallDisplayName={#AppName}
OutputDir={#Output}
OutputBaseFilename={#AppId}-{#AppVersion}-windows-x64{#Suffix}
WizardStyle=modern
; An upgrade asks to close a running TumorDesk and replaces the program in place.
CloseApplications=yes
RestartApplications=no
ChangesAssociations=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"
Name: "fr"; MessagesFile: "compiler:Languages\French.isl"
Name: "es"; MessagesFile: "compiler:Languages\Spanish.isl"
Name: "ko"; MessagesFile: "compiler:Languages\Korean.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: "associations"; Description: "Offer {#AppName} under 'Open with' for scans (the usual program stays)"

[InstallDelete]
; What an older version brought and this one does not must not stay. Only in a folder of ours: others
; make programs with an _internal, too.
Type: filesandordirs; Name: "{app}\_internal"; Check: FileExists(ExpandConstant('{app}\tumordesk.exe'))

[Files]
Source: "{#Source}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{group}\{#AppName}"; Filename: "{app}\tumordesk.exe"
Name: "{autodesktop}\{#AppName}"; Filename: "{app}\tumordesk.exe"; Tasks: desktopicon

[Registry]
#include "associations.iss"

[Run]
Filename: "{app}\tumordesk.exe"; Description: "{cm:LaunchProgram,{#AppName}}"; Flags: nowait postinstall skipifsilent

; Settings, models, corrections and logs of people lie in their own folders (%APPDATA%,
; %LOCALAPPDATA%) and are not touched when the program is removed.
