# Installs the setup program in dist\ for everybody, silently, tries what it installed, installs once
# more over it, removes it, and looks at what is left. Needs administrator rights; for the release.
$ErrorActionPreference = "Stop"
$setup = @(Get-ChildItem "$PSScriptRoot\..\..\dist\*-windows-x64.exe")[0].FullName
$folder = "$env:ProgramFiles\TumorDesk"
$kept = "$env:LOCALAPPDATA\TumorDesk\kept.txt"

function Invoke-AndCheck([string] $File, [string[]] $Arguments) {
    $run = Start-Process -FilePath $File -ArgumentList $Arguments -Wait -PassThru
    if ($run.ExitCode -ne 0) { throw "$File ended with $($run.ExitCode)." }
}

$silently = "/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART"
New-Item -Force -Path $kept -Value "a person's own" | Out-Null
Invoke-AndCheck $setup ($silently + "/ALLUSERS")
& "$PSScriptRoot\try.ps1" "$folder\tumordesk.exe"
if ($LASTEXITCODE -ne 0) { throw "The self-test of the installed program failed." }
Invoke-AndCheck $setup ($silently + "/ALLUSERS")
Invoke-AndCheck "$folder\unins000.exe" $silently
foreach ($second in 1..60) { if (Test-Path $folder) { Start-Sleep 1 } }
if (Test-Path $folder) { throw "$folder is still there." }
if (Test-Path "HKLM:\Software\Classes\TumorDesk.dcm") { throw "The file types are still there." }
if (-not (Test-Path $kept)) { throw "A person's data were removed." }
Remove-Item $kept
exit 0
